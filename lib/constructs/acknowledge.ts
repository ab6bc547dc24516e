import { DefaultStackSynthesizer, Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Says why a rule of cdk-nag's AwsSolutions does not hold here, on the construct that it is about. Never on a stack: what
 * comes later must be judged anew.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

const HELPER = 'A helper of the CDK’s own, which runs only while a stack is deployed';

/** The CDK's singletons, by the ids that it gives them: custom resources and the upload of files. */
export function acknowledgeHelpers(root: IConstruct): void {
  for (const each of root.node.findAll()) {
    const { id } = each.node;
    if (id === 'AWS679f53fac002430cb0da5b7982bd2287') {
      acknowledge(
        each,
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${BASIC}]`,
        `${HELPER}: it may write its log`,
      );
      acknowledge(each, 'L1', `${HELPER}: its runtime comes with the CDK’s version`);
    }
    if (id.startsWith('Custom::CDKBucketDeployment')) {
      acknowledge(
        each,
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${BASIC}]`,
        `${HELPER}: it may write its log`,
      );
      acknowledge(each, 'L1', `${HELPER}: its runtime comes with the CDK’s version`);
      for (const wild of [...BUCKET_WILDCARDS, ...filesOf(each)])
        acknowledge(
          each,
          `IAM5[${wild}]`,
          `${HELPER}: it copies the storefront’s files and asks CloudFront to forget the page`,
        );
    }
  }
}

/** All files of the CDK's own bucket, which it copies from, and of the stack's, which it copies to. */
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
