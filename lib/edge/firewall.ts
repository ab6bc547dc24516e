import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface FirewallProps {
  name: string;
  scope: 'CLOUDFRONT' | 'REGIONAL';
  /** Requests in five minutes from one address. */
  rateLimit: number;
}

/** Rules that AWS keeps up to date, most telling first. */
const MANAGED = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
  'AWSManagedRulesSQLiRuleSet',
];
/** No call of the contract comes near these. */
const MAX_QUERY_BYTES = 2_048;
const MAX_PATH_BYTES = 512;

/** A web firewall: known bad addresses and inputs, sizes, and a rate an address. At the edge, and again at the API. */
export class Firewall extends Construct {
  readonly acl: wafv2.CfnWebACL;

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const rules = [...MANAGED.map(managedRule), ...sizeRules(), rateRule(props)];
    this.acl = new wafv2.CfnWebACL(this, 'Acl', {
      name: props.name,
      scope: props.scope,
      defaultAction: { allow: {} },
      visibilityConfig: visible(props.name),
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
    });
  }

  /** For a regional firewall; CloudFront's is named by the distribution. */
  protect(resourceArn: string): void {
    new wafv2.CfnWebACLAssociation(this, 'Protects', { resourceArn, webAclArn: this.acl.attrArn });
  }
}

type Rule = Omit<wafv2.CfnWebACL.RuleProperty, 'priority'>;

const visible = (metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  // Samples show headers, tokens among them.
  sampledRequestsEnabled: false,
});

const managedRule = (name: string): Rule => ({
  name,
  statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
  overrideAction: { none: {} },
  visibilityConfig: visible(name),
});

function sizeRules(): Rule[] {
  const tooLong = (name: string, fieldToMatch: wafv2.CfnWebACL.FieldToMatchProperty, size: number): Rule => ({
    name,
    action: { block: {} },
    statement: {
      sizeConstraintStatement: {
        fieldToMatch,
        comparisonOperator: 'GT',
        size,
        textTransformations: [{ priority: 0, type: 'NONE' }],
      },
    },
    visibilityConfig: visible(name),
  });
  return [
    tooLong('QueryTooLong', { queryString: {} }, MAX_QUERY_BYTES),
    tooLong('PathTooLong', { uriPath: {} }, MAX_PATH_BYTES),
  ];
}

/** Behind CloudFront the caller's address is the forwarded one. */
function rateRule({ scope, rateLimit }: FirewallProps): Rule {
  const forwarded = {
    aggregateKeyType: 'FORWARDED_IP',
    forwardedIpConfig: { headerName: 'X-Forwarded-For', fallbackBehavior: 'NO_MATCH' },
  };
  return {
    name: 'RatePerAddress',
    action: { block: { customResponse: { responseCode: 429 } } },
    statement: {
      rateBasedStatement: {
        limit: rateLimit,
        evaluationWindowSec: 300,
        ...(scope === 'CLOUDFRONT' ? { aggregateKeyType: 'IP' } : forwarded),
      },
    },
    visibilityConfig: visible('RatePerAddress'),
  };
}
