import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';
import { MAX_BODY_BYTES, MAX_PATH_BYTES, MAX_QUERY_BYTES } from '../../lambdas/shared/size-limits.ts';
import type { Stage } from '../stage.ts';

export interface FirewallProps {
  stage: Stage;
  name: string;
  scope: 'CLOUDFRONT' | 'REGIONAL';
  /** Requests per IP address in five minutes. */
  rateLimit: number;
}

/** By the address of the connection. At the API that is the load balancer's, so this group only helps at the edge. */
const IP_REPUTATION = 'AWSManagedRulesAmazonIpReputationList';
/** AWS managed rule groups, the strongest signal first. */
const MANAGED = ['AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet'];
/** This common rule blocks bodies over 8 KiB. Here it only counts: `BodyTooLong` has a limit that fits the contract. */
const COUNTED = { name: 'SizeRestrictions_BODY', actionToUse: { count: {} } };

/** What a web ACL of each scope protects here. */
const INSPECTED = { CLOUDFRONT: 'CLOUDFRONT', REGIONAL: 'API_GATEWAY' } as const;
/** AWS WAF inspects 16 KiB by default. `BodyTooLong` needs the whole body. */
const BODY_INSPECTED = `KB_${MAX_BODY_BYTES / 1_024}`;

/** AWS WAF: managed rules, size limits and a rate limit per IP address. Used at the edge and again at the API. */
export class Firewall extends Construct {
  readonly acl: wafv2.CfnWebACL;

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const managed = props.scope === 'CLOUDFRONT' ? [IP_REPUTATION, ...MANAGED] : MANAGED;
    const rules = [...managed.map(managedRule), ...sizeRules(), ENCODED_BODY, rateRule(props)];
    this.acl = new wafv2.CfnWebACL(this, 'Acl', {
      name: props.name,
      scope: props.scope,
      defaultAction: { allow: {} },
      visibilityConfig: visible(props.name),
      associationConfig: { requestBody: { [INSPECTED[props.scope]]: { defaultSizeInspectionLimit: BODY_INSPECTED } } },
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
    });
    this.#logBlockedRequests(props);
  }

  /** Logs each blocked request with its rule. Support needs this to help a user who was blocked by mistake. */
  #logBlockedRequests({ stage, name }: FirewallProps): void {
    const logGroup = new logs.LogGroup(this, 'Refused', {
      // AWS WAF requires a log group name that starts with aws-waf-logs-.
      logGroupName: `aws-waf-logs-${name}`,
      retention: stage.logRetentionDays as number,
      // AWS requires the beginning of the name. A retained group would keep its name from the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { partition, region, account } = Stack.of(this);
    new wafv2.CfnLoggingConfiguration(this, 'Log', {
      resourceArn: this.acl.attrArn,
      // Not `logGroup.logGroupArn`, which ends in `:*`.
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

  /** For a regional web ACL. A CloudFront distribution names its web ACL itself. */
  protect(resourceArn: string): void {
    new wafv2.CfnWebACLAssociation(this, 'Protects', { resourceArn, webAclArn: this.acl.attrArn });
  }
}

type Rule = Omit<wafv2.CfnWebACL.RuleProperty, 'priority'>;

const visible = (metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  // Sampled requests show headers, including access tokens.
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
    // `MATCH` also blocks a body that is longer than AWS WAF inspects.
    tooLong('BodyTooLong', { body: { oversizeHandling: 'MATCH' } }, MAX_BODY_BYTES - 1),
  ];
}

/** AWS WAF does not decode a compressed body, but API Gateway does: the rules would not see what the handler gets. */
const ENCODED_BODY: Rule = {
  name: 'EncodedBody',
  action: { block: { customResponse: { responseCode: 415 } } },
  statement: {
    sizeConstraintStatement: {
      fieldToMatch: { singleHeader: { Name: 'content-encoding' } },
      comparisonOperator: 'GT',
      size: 0,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  },
  visibilityConfig: visible('EncodedBody'),
};

/**
 * Machines call from a few addresses, at the rate of a hundred orders a second: the provider's webhooks, and the
 * services' calls to the sandbox inside the VPC. A signature or a key authenticates them. `CONTAINS` and not
 * `STARTS_WITH`, since a path starts with the API's stage or its base path, depending on the endpoint.
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

/** At the API, the edge's header has the caller's address. A caller can forge the start of `X-Forwarded-For`. */
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
