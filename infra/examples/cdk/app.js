// The stack of ../../template.yaml, and its two triggers on a user pool that this app owns. For a pool that
// it does not own: the stack Tenancy alone, then `tenantctl pool attach`. How to use it, and what it does not
// do: ../../README.md.
'use strict';

const fs = require('node:fs');
const cdk = require('aws-cdk-lib');
const cognito = require('aws-cdk-lib/aws-cognito');
const lambda = require('aws-cdk-lib/aws-lambda');
const { Asset } = require('aws-cdk-lib/aws-s3-assets');

/** Table, functions, roles, alarms and dashboard, for the user pool with this id. */
class Tenancy extends cdk.Stack {
  constructor(scope, id, { userPoolId, template, settings, ...props }) {
    super(scope, id, props);

    if (/CodeUri: *dist\//.test(fs.readFileSync(template, 'utf8'))) {
      throw new Error(`${template} is not packaged, its zips are not in S3: run sam package`);
    }
    // As it is, and not through CfnInclude: CloudFormation runs the SAM transform, and nothing is lost on the
    // way.
    const nested = new cdk.CfnStack(this, 'Template', {
      templateUrl: new Asset(this, 'Packaged', { path: template }).httpUrl,
      parameters: {
        // As text: a reference to a pool of this app would close a circle, pool - functions - pool.
        UserPoolId: userPoolId,
        ...settings,
      },
    });
    // The names that the template exports when it is deployed by itself. CloudFormation keeps this stack from
    // being deleted while another imports them: a function that is gone while it is a trigger locks everybody
    // out.
    for (const name of ['TableName', 'PostConfirmationArn', 'PreTokenGenerationArn']) {
      const value = nested.getAtt(`Outputs.${name}`).toString();
      new cdk.CfnOutput(this, name, { value, exportName: `${this.stackName}-${name}` });
    }
  }
}

/** A user pool and an app client: what to add to yours. */
class Pool extends cdk.Stack {
  constructor(scope, id, { functions, callbackUrls, ...props }) {
    super(scope, id, props);

    const pool = new cognito.UserPool(this, 'UserPool', {
      featurePlan: cognito.FeaturePlan.ESSENTIALS, // V2_0 and V3_0 need it, or PLUS
      deletionProtection: true,
      selfSignUpEnabled: true,
      signInAliases: { email: true },
      autoVerify: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      // Invites are redeemed by verified addresses: a new one counts once it is verified, and not before.
      keepOriginal: { email: true },
      customAttributes: {
        // Mutable, since it is stamped after the user was made; CDK's default is not, and it cannot be
        // changed later.
        tenantId: new cognito.StringAttribute({ minLen: 3, maxLen: 63, mutable: true }),
      },
    });
    if (functions) {
      pool.addTrigger(
        cognito.UserPoolOperation.POST_CONFIRMATION,
        this.trigger(functions, 'PostConfirmation'),
      );
      pool.addTrigger(
        cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
        this.trigger(functions, 'PreTokenGeneration'),
        cognito.LambdaVersion.V2_0,
      );
    }

    const standard = { email: true, fullname: true };
    const client = pool.addClient('App', {
      // Both lists in full, and custom:tenantId only to be read: AWS documents both ways what a client
      // without them may write.
      readAttributes: new cognito.ClientAttributes()
        .withStandardAttributes({ ...standard, emailVerified: true })
        .withCustomAttributes('tenantId'),
      writeAttributes: new cognito.ClientAttributes().withStandardAttributes(standard),
      // What a removed member's token is worth, and for how long: until it ends.
      accessTokenValidity: cdk.Duration.minutes(15),
      idTokenValidity: cdk.Duration.minutes(15),
      refreshTokenValidity: cdk.Duration.days(30),
      refreshTokenRotationGracePeriod: cdk.Duration.seconds(30),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      // The code flow alone; as in user-pool.yaml, `custom` stands for no sign-in through the API.
      authFlows: { custom: true },
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
        callbackUrls,
      },
      supportedIdentityProviders: [cognito.UserPoolClientIdentityProvider.COGNITO],
    });

    new cdk.CfnOutput(this, 'UserPoolId', { value: pool.userPoolId });
    new cdk.CfnOutput(this, 'AppClientId', { value: client.userPoolClientId });
  }

  /** The alias of a function, from the exports of the stack `functions`. */
  trigger(functions, name) {
    return lambda.Function.fromFunctionAttributes(this, name, {
      functionArn: cdk.Fn.importValue(`${functions}-${name}Arn`),
      // That stack has the permission, for this pool and this account alone. With `sameEnvironment` CDK would
      // add another, without the account, whatever is said here.
      skipPermissions: true,
    });
  }
}

const app = new cdk.App();
const context = (name, fallback) => app.node.tryGetContext(name) ?? fallback;

if (context('userPoolId')) {
  new Tenancy(app, 'Tenancy', {
    userPoolId: context('userPoolId'),
    template: context('template', 'packaged.yaml'),
    settings: {
      // Together: enforce and refuse, once the dashboard shows whom that is.
      Mode: context('mode', 'observe'),
      Uninvited: context('uninvited', 'admit'),
      // In observe mode too members get their groups: keep those of the pool, and let no role have the name of one.
      PoolGroups: context('poolGroups', 'keep'),
      GroupFormat: context('groupFormat', '{tenant_id}:{role}'),
      // Yes, an hour after the triggers are attached.
      DetachedAlarm: context('detachedAlarm', 'no'),
      AlarmTopicArn: context('alarmTopicArn', ''),
    },
    terminationProtection: true,
  });
}
new Pool(app, 'Pool', {
  functions: context('functions'), // the stack Tenancy, or that of `sam deploy`; none at first
  callbackUrls: [context('callbackUrl', 'https://app.example.com/callback')],
});
