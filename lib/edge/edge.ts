import { Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as deployment from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { bucketRemoval, LogBucket } from '../constructs/log-bucket.ts';
import type { AwsPlan, Stage } from '../stage.ts';
import { EdgeLogs } from './edge-logs.ts';
import { Firewall } from './firewall.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { STOREFRONT_FALLBACK, STOREFRONT_STATUS } from './storefront-fallback.ts';
import { SET_VIEWER_ADDRESS } from './viewer-address.ts';

export interface EdgeProps {
  stage: Stage;
  plan: AwsPlan;
  zone: route53.IHostedZone;
  balancer: elb.IApplicationLoadBalancer;
  originName: string;
  /** The built storefront. */
  storefrontFolder: string;
}

const { VIEWER_REQUEST, VIEWER_RESPONSE } = cloudfront.FunctionEventType;
/** For the shop's own name. With `hstsPreload` it binds all names below it, and browsers know it before the first visit. */
const hsts = ({ hstsPreload }: AwsPlan): cloudfront.ResponseHeadersStrictTransportSecurity => ({
  accessControlMaxAge: Duration.days(730),
  includeSubdomains: hstsPreload,
  preload: hstsPreload,
  override: true,
});

/** Hop 2: CloudFront with a web ACL. It serves the storefront from S3 and the API through a VPC origin. */
export class Edge extends Construct {
  readonly distribution: cloudfront.Distribution;
  readonly firewall: Firewall;
  readonly certificate: acm.Certificate;
  readonly #props: EdgeProps;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    this.#props = props;
    const { stage, plan, zone } = props;
    this.certificate = new acm.Certificate(this, 'Certificate', {
      domainName: plan.domain,
      validation: acm.CertificateValidation.fromDns(zone),
    });
    const name = `${stage.globalName}-edge`;
    this.firewall = new Firewall(this, 'Firewall', { stage, name, scope: 'CLOUDFRONT', rateLimit: plan.wafRateLimit });
    const storefront = this.#makeBucket();
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: stage.globalName,
      domainNames: [plan.domain],
      certificate: this.certificate,
      minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      priceClass: stage.name === 'prod' ? cloudfront.PriceClass.PRICE_CLASS_ALL : cloudfront.PriceClass.PRICE_CLASS_100,
      defaultRootObject: 'index.html',
      webAclId: this.firewall.acl.attrArn,
      defaultBehavior: this.#storefrontBehavior(storefront),
      additionalBehaviors: { '/api/*': this.#apiBehavior() },
    });
    acknowledge(this.distribution, 'CFR1', 'The shop sells to every country, so it needs no geo restriction');
    acknowledge(this.distribution, 'CFR3', 'It uses standard logging (v2), which the rule does not recognize');
    new EdgeLogs(this, 'Logs', {
      stage,
      distribution: this.distribution,
      bucket: new LogBucket(this, 'AccessLogs', { stage }),
    });
    this.#upload(storefront);
  }

  #makeBucket(): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Storefront', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...bucketRemoval(this.#props.stage),
    });
    acknowledge(bucket, 'S1', 'Only CloudFront reads these public files, and CloudFront has an access log');
    return bucket;
  }

  #storefrontBehavior(bucket: s3.Bucket): cloudfront.BehaviorOptions {
    return {
      origin: origins.S3BucketOrigin.withOriginAccessControl(bucket),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
      compress: true,
      responseHeadersPolicy: this.#headers(),
      functionAssociations: [
        this.#onEvent('Fallback', 'Serves index.html for every page', STOREFRONT_FALLBACK),
        this.#onEvent('Status', 'Answers 404 for an unknown page', STOREFRONT_STATUS, VIEWER_RESPONSE),
      ],
    };
  }

  /** Not cached, since a response can be private to one user. */
  #apiBehavior(): cloudfront.BehaviorOptions {
    const { balancer, originName } = this.#props;
    return {
      origin: origins.VpcOrigin.withApplicationLoadBalancer(balancer, {
        domainName: originName,
        protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
        readTimeout: Duration.seconds(30),
      }),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: true,
      // Adds HSTS and nosniff to the API's own headers.
      responseHeadersPolicy: this.#apiHeaders(),
      functionAssociations: [this.#onEvent('ViewerAddress', 'Sends the viewer address to the API', SET_VIEWER_ADDRESS)],
    };
  }

  #onEvent(id: string, comment: string, code: string, eventType = VIEWER_REQUEST): cloudfront.FunctionAssociation {
    const runtime = cloudfront.FunctionRuntime.JS_2_0;
    const fn = new cloudfront.Function(this, id, { comment, runtime, code: cloudfront.FunctionCode.fromInline(code) });
    return { function: fn, eventType };
  }

  #apiHeaders(): cloudfront.ResponseHeadersPolicy {
    return new cloudfront.ResponseHeadersPolicy(this, 'ApiHeaders', {
      comment: 'Security headers of the API',
      securityHeadersBehavior: {
        strictTransportSecurity: hsts(this.#props.plan),
        contentTypeOptions: { override: true },
      },
    });
  }

  /** The same headers as the local edge sends. */
  #headers(): cloudfront.ResponseHeadersPolicy {
    const { 'strict-transport-security': _hsts, 'content-security-policy': csp, ...others } = SECURITY_HEADERS;
    const native = ['x-content-type-options', 'x-frame-options', 'referrer-policy'];
    return new cloudfront.ResponseHeadersPolicy(this, 'Headers', {
      comment: 'Security headers of the storefront',
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: csp, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: true },
        referrerPolicy: {
          referrerPolicy: cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
          override: true,
        },
        strictTransportSecurity: hsts(this.#props.plan),
      },
      customHeadersBehavior: {
        customHeaders: Object.entries(others)
          .filter(([header]) => !native.includes(header))
          .map(([header, value]) => ({ header, value, override: true })),
      },
    });
  }

  /** Browsers cache files with a hash in their name for a year. They revalidate the others on every request. */
  #upload(bucket: s3.Bucket): void {
    const source = (exclude: string[]) => deployment.Source.asset(this.#props.storefrontFolder, { exclude });
    const common = { destinationBucket: bucket, prune: false, memoryLimit: 256 };
    const assets = new deployment.BucketDeployment(this, 'Assets', {
      ...common,
      sources: [source(['index.html', 'favicon.svg'])],
      cacheControl: [deployment.CacheControl.fromString('public, max-age=31536000, immutable')],
    });
    const page = new deployment.BucketDeployment(this, 'Page', {
      ...common,
      sources: [source(['*', '!index.html', '!favicon.svg'])],
      cacheControl: [deployment.CacheControl.fromString('no-cache')],
      distribution: this.distribution,
      distributionPaths: ['/', '/index.html', '/favicon.svg'],
    });
    // Assets are uploaded first, since the page refers to them.
    page.node.addDependency(assets);
  }
}
