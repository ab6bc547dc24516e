import { Stack } from 'aws-cdk-lib';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { ApiGateway } from './api-gateway.ts';
import type { Balancer } from './balancer.ts';

export interface PrivateApiRuleProps {
  api: ApiGateway;
  balancer: Balancer;
}

/**
 * The load balancer's rule for the API. It sends `/api/...` to the API's VPC endpoint as `/<stage>/...`, with the host name by which
 * the endpoint recognizes the API. So the API needs no private custom domain, mapping and access association, which take half an
 * hour to create (docs/decisions/0027).
 */
export class PrivateApiRule extends Construct {
  constructor(scope: Construct, id: string, { api, balancer }: PrivateApiRuleProps) {
    super(scope, id);
    const { region, urlSuffix } = Stack.of(this);
    const rewrite = (regex: string, replace: string) => ({ rewrites: [{ regex, replace }] });
    const rule = new elb.ApplicationListenerRule(this, 'Rule', {
      listener: balancer.listener,
      priority: 1,
      conditions: [elb.ListenerCondition.pathPatterns(['/api/*'])],
      action: elb.ListenerAction.forward([balancer.targets]),
    });
    // The CDK's construct has no property for them.
    (rule.node.defaultChild as elb.CfnListenerRule).transforms = [
      {
        type: 'host-header-rewrite',
        hostHeaderRewriteConfig: rewrite('^.*$', `${api.id}.execute-api.${region}.${urlSuffix}`),
      },
      { type: 'url-rewrite', urlRewriteConfig: rewrite('^/api/(.*)$', `/${api.stageName}/$1`) },
    ];
  }
}
