import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import type { Stage } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';

/** A stage that retains its data keeps its buckets. In others, a bucket is emptied and deleted with its stack. */
export const bucketRemoval = ({ retainData }: Stage): Pick<s3.BucketProps, 'removalPolicy' | 'autoDeleteObjects'> =>
  retainData
    ? { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }
    : { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true };

/** Stores access logs of AWS services. These support S3 managed keys only. Logs expire automatically. */
export class LogBucket extends Construct {
  readonly bucket: s3.Bucket;
  readonly #emptying: IConstruct | undefined;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        { expiration: Duration.days(stage.logRetentionDays), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      ...bucketRemoval(stage),
    });
    this.#emptying = this.bucket.node.tryFindChild('AutoDeleteObjectsCustomResource');
    acknowledge(this.bucket, 'S1', 'It stores access logs; logging its own access would never end');
  }

  /** Has a deletion end the writer first. A file that it writes after the bucket was emptied would keep the bucket. */
  outlives(writer: IConstruct): void {
    if (this.#emptying) writer.node.addDependency(this.#emptying);
  }
}
