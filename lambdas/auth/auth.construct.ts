import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import type { Stage } from '../../lib/stage.ts';
import { authService } from './auth.service.ts';

/** The key that signs access tokens. Its private key never leaves KMS. */
export class SigningKey extends Construct {
  readonly #key: kms.Key;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.#key = new kms.Key(this, 'Key', {
      description: 'Signs access tokens',
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      // Another region can then have a replica, which signs the same tokens. A key cannot become multi-region later.
      multiRegion: true,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
  }

  grantSign(fn: ServiceFunction): void {
    this.#key.grant(fn.function, 'kms:Sign');
    this.grantVerify(fn);
  }

  /** Verification needs only the public key. */
  grantVerify(fn: ServiceFunction): void {
    this.#key.grant(fn.function, 'kms:GetPublicKey');
    fn.function.addEnvironment('SIGNING_KEY_IDS', this.#key.keyArn);
  }
}

export interface AuthServiceProps extends ServiceTier {
  signingKey: SigningKey;
}

/** Accounts, sessions and tokens, and the operation that makes the first administrator. */
export class AuthService extends DeclaredService<typeof authService> {
  constructor(scope: Construct, id: string, { signingKey, ...tier }: AuthServiceProps) {
    super(scope, id, authService, tier);
    signingKey.grantSign(this.api);
  }
}
