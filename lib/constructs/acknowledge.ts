import { DefaultStackSynthesizer, Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Records why a rule of cdk-nag's AwsSolutions does not apply to a construct. Never use it on a stack: constructs that
 * are added later must be checked too.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

const HELPER = 'A helper of the CDK that runs only while a stack is deployed';

/** Finds the CDK's singleton functions by their fixed ids: custom resources and bucket deployments. */
export function acknowledgeHelpers(root: IConstruct): void {
  for (const each of root.node.findAll()) {
    const { id } = each.node;
    if (id === 'AWS679f53fac002430cb0da5b7982bd2287') {
      acknowledge(
        each,
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${BASIC}]`,
        `${HELPER}: it writes its own log`,
      );
      acknowledge(each, 'L1', `${HELPER}: the CDK version sets its runtime`);
    }
    if (id.startsWith('Custom::CDKBucketDeployment')) {
      acknowledge(
        each,
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${BASIC}]`,
        `${HELPER}: it writes its own log`,
      );
      acknowledge(each, 'L1', `${HELPER}: the CDK version sets its runtime`);
      for (const wildcard of [...BUCKET_WILDCARDS, ...filesOf(each)])
        acknowledge(
          each,
          `IAM5[${wildcard}]`,
          `${HELPER}: it copies the storefront’s files and invalidates the page in CloudFront`,
        );
    }
  }
}

/** All objects of the CDK's asset bucket, the source, and of the stack's buckets, the targets. */
function filesOf(helper: IConstruct): string[] {
  const stack = Stack.of(helper);
  const buckets = stack.node.findAll().filter((each) => each instanceof s3.CfnBucket);
  return [
    `Resource::arn:aws:s3:::cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-${stack.account}-${stack.region}/*`,
    ...buckets.map((bucket) => `Resource::<${stack.getLogicalId(bucket)}.Arn>/*`),
  ];
}

const BASIC = 'service-role/AWSLambdaBasicExecutionRole';
const BUCKET_WILDCARDS = [
  'Action::s3:GetBucket*',
  'Action::s3:GetObject*',
  'Action::s3:List*',
  'Action::s3:Abort*',
  'Action::s3:DeleteObject*',
  'Resource::*',
];
