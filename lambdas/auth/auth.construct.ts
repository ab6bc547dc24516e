import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../lib/constructs/api-service.ts';
import { API_TIMEOUT, BACKGROUND_TIMEOUT, ServiceFunction } from '../../lib/constructs/service-function.ts';
import type { Stage } from '../../lib/stage.ts';
import { authRoutes } from './auth.routes.ts';

/** The key that access tokens are signed with. Its private half never leaves KMS. */
export class SigningKey extends Construct {
  readonly #key: kms.Key;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.#key = new kms.Key(this, 'Key', {
      description: 'Signs access tokens',
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
  }

  grantSign(fn: ServiceFunction): void {
    this.#key.grant(fn.function, 'kms:Sign');
    this.grantVerify(fn);
  }

  /** The public half is all that verifying takes. */
  grantVerify(fn: ServiceFunction): void {
    this.#key.grant(fn.function, 'kms:GetPublicKey');
    fn.function.addEnvironment('SIGNING_KEY_IDS', this.#key.keyArn);
  }
}

export interface AuthServiceProps extends ServiceTier {
  signingKey: SigningKey;
}

/** Accounts, sessions and tokens. */
export class AuthService extends Construct implements ApiService {
  readonly routes = authRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, props: AuthServiceProps) {
    super(scope, id);
    const { stage, network, database, cache, queues, signingKey } = props;
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'auth',
      description: 'Sign-up, log-in, sessions',
      timeout: API_TIMEOUT,
      userFacing: true,
      // Lambda's share of a core grows with memory; hashing a password wants a whole one.
      memoryMiB: 1769,
      concurrency: stage.concurrency.api,
    });
    database.connect(this.api, 'auth');
    cache.connect(this.api, 'auth');
    queues.grantPublish(this.api, ['user.signed_up', 'user.verification_requested', 'user.password_reset_requested']);
    signingKey.grantSign(this.api);
    this.#addOperation(props);
  }

  /** How an operator makes the first administrator. Nothing in the stage may call it. */
  #addOperation({ stage, network, database }: AuthServiceProps): void {
    const makeAdmin = new ServiceFunction(this, 'MakeAdmin', {
      stage,
      network,
      name: 'make-admin',
      description: 'Makes a verified account an administrator’s',
      timeout: BACKGROUND_TIMEOUT,
      concurrency: 1,
    });
    database.connect(makeAdmin, 'auth', 'background');
  }
}
