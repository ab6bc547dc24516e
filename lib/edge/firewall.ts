import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';
import type { Stage } from '../stage.ts';
import { MAX_BODY_BYTES, MAX_PATH_BYTES, MAX_QUERY_BYTES } from './size-limits.ts';

export interface FirewallProps {
  stage: Stage;
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
/** Of the common rules, the one that refuses bodies past 8 KiB only counts: `BodyTooLong` has a bound that fits the contract. */
const COUNTED = { name: 'SizeRestrictions_BODY', actionToUse: { count: {} } };

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
    this.#logRefused(props);
  }

  /** What was refused, and by which rule: without it a customer who is in the way of one cannot be helped. */
  #logRefused({ stage, name }: FirewallProps): void {
    const logGroup = new logs.LogGroup(this, 'Refused', {
      // WAF writes to groups of this name only.
      logGroupName: `aws-waf-logs-${name}`,
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const { partition, region, account } = Stack.of(this);
    new wafv2.CfnLoggingConfiguration(this, 'Log', {
      resourceArn: this.acl.attrArn,
      // Without the `:*` that the log group's own ARN ends in.
      logDestinationConfigs: [`arn:${partition}:logs:${region}:${account}:log-group:${logGroup.logGroupName}`],
      redactedFields: ['authorization', 'cookie'].map((header) => ({ singleHeader: { Name: header } })),
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          { Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] },
        ],
      },
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
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name,
      ...(name === 'AWSManagedRulesCommonRuleSet' && { ruleActionOverrides: [COUNTED] }),
    },
  },
  overrideAction: { none: {} },
  visibilityConfig: visible(name),
});

function sizeRules(): Rule[] {
  const tooLong = (name: string, fieldToMatch: wafv2.CfnWebACL.FieldToMatchProperty, size: number): Rule => ({
    name,
    action: { block: { customResponse: { responseCode: 413 } } },
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
    // A body that is longer than what the firewall sees counts as too long.
    tooLong('BodyTooLong', { body: { oversizeHandling: 'MATCH' } }, MAX_BODY_BYTES - 1),
  ];
}

/**
 * Calls of machines come from a handful of addresses, a hundred orders a second of them: a provider's webhooks, and in the
 * network the services' calls of the sandbox. They prove themselves by signature or key. Contained, not begun with, since
 * a path has the API's stage or its base path in front, by the door that it came in by.
 */
const MACHINE_PATHS = ['/payments/webhooks/', '/sandbox-provider/charges', '/sandbox-provider/refunds'];

const pathHas = (searchString: string): wafv2.CfnWebACL.StatementProperty => ({
  byteMatchStatement: {
    fieldToMatch: { uriPath: {} },
    positionalConstraint: 'CONTAINS',
    searchString,
    textTransformations: [{ priority: 0, type: 'NONE' }],
  },
});

/** At the API the caller's address is the one that the edge tells; `X-Forwarded-For` begins with what a caller likes. */
function rateRule({ scope, rateLimit }: FirewallProps): Rule {
  const forwarded = {
    aggregateKeyType: 'FORWARDED_IP',
    forwardedIpConfig: { headerName: VIEWER_ADDRESS_HEADER, fallbackBehavior: 'NO_MATCH' },
  };
  return {
    name: 'RatePerAddress',
    action: { block: { customResponse: { responseCode: 429 } } },
    statement: {
      rateBasedStatement: {
        limit: rateLimit,
        evaluationWindowSec: 300,
        ...(scope === 'CLOUDFRONT' ? { aggregateKeyType: 'IP' } : forwarded),
        scopeDownStatement: {
          notStatement: { statement: { orStatement: { statements: MACHINE_PATHS.map(pathHas) } } },
        },
      },
    },
    visibilityConfig: visible('RatePerAddress'),
  };
}
