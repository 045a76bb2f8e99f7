// Three gateways that let in only access tokens with a tenant, without code of yours: take the one that you have. What
// they demand, and why, is in the templates beside it: ../http-api.yaml, ../rest-api.yaml, ../alb.yaml.
//
//   npx cdk deploy --app 'node gateways.js' HttpApi -c userPoolId=.. -c appClientId=.. -c backendUrl=https://..
'use strict';

const cdk = require('aws-cdk-lib');
const apigateway = require('aws-cdk-lib/aws-apigateway');
const http = require('aws-cdk-lib/aws-apigatewayv2');
const { HttpJwtAuthorizer } = require('aws-cdk-lib/aws-apigatewayv2-authorizers');
const { HttpUrlIntegration } = require('aws-cdk-lib/aws-apigatewayv2-integrations');
const elb = require('aws-cdk-lib/aws-elasticloadbalancingv2');

const app = new cdk.App();
const context = (name, fallback) => app.node.tryGetContext(name) ?? fallback;
const userPoolId = context('userPoolId', 'eu-west-1_AbCdEf123');
const appClientId = context('appClientId', '1example23456789');
const backendUrl = context('backendUrl', 'https://orders.example.com');
const marker = context('markerScope', 'tenancy/member'); // MARKER_SCOPE of pre-token-generation

const issuerIn = (stack) => `https://cognito-idp.${stack.region}.${stack.urlSuffix}/${userPoolId}`;

class HttpApi extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const api = new http.HttpApi(this, 'Api', {
      // Of every route, also of those that you add. The marker alone: one scope of the list is enough, so another one
      // beside it would let tokens without a tenant in.
      defaultAuthorizationScopes: [marker],
      defaultAuthorizer: new HttpJwtAuthorizer('TenantTokens', issuerIn(this), { jwtAudience: [appClientId] }),
    });
    api.addRoutes({
      path: '/orders',
      methods: [http.HttpMethod.GET],
      integration: new HttpUrlIntegration('Orders', `${backendUrl}/orders`, {
        // A backend that others can reach must not believe this header: use a private integration, or verify the token
        // again. From the token and from nowhere else: what the caller sends under this name is overwritten.
        parameterMapping: new http.ParameterMapping().overwriteHeader(
          'x-tenant-id',
          http.MappingValue.contextVariable('authorizer.claims.tenant_id'),
        ),
      }),
    });
  }
}

class RestApi extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const api = new apigateway.RestApi(this, 'Api', { endpointTypes: [apigateway.EndpointType.REGIONAL] });
    const authorizer = new apigateway.CfnAuthorizer(this, 'TenantTokens', {
      name: 'tenant-tokens',
      restApiId: api.restApiId,
      type: 'JWT',
      identitySource: 'method.request.header.Authorization',
    });
    // CDK 2.276 does not know JwtConfiguration yet.
    authorizer.addPropertyOverride('JwtConfiguration', {
      DefaultAlgorithms: ['RS256'],
      Issuers: [
        {
          Issuer: issuerIn(this),
          Audiences: [appClientId],
          AdditionalClaims: [
            { ClaimName: 'tenant_id', Format: 'SINGLE_STRING', Required: true },
            { ClaimName: 'token_use', Format: 'SINGLE_STRING', Required: true, ExpectedValues: ['access'] },
          ],
        },
      ],
    });
    const integration = new apigateway.HttpIntegration(`${backendUrl}/orders`, {
      options: {
        // As above. It arrives as JSON text: `"acme"` with its quotation marks.
        requestParameters: { 'integration.request.header.x-tenant-id': 'context.authorizer.claims.tenant_id' },
      },
    });
    const method = api.root.addResource('orders').addMethod('GET', integration);
    const made = method.node.defaultChild;
    made.authorizationType = 'JWT';
    made.authorizerId = authorizer.ref;
    made.authorizationScopes = [marker];
  }
}

class LoadBalancer extends cdk.Stack {
  constructor(scope, id, { listenerArn, targetGroupArn, ...props }) {
    super(scope, id, props);
    new elb.CfnListenerRule(this, 'TenantTokens', {
      listenerArn,
      priority: 10,
      conditions: [{ field: 'path-pattern', pathPatternConfig: { values: ['/orders', '/orders/*'] } }],
      actions: [
        {
          type: 'jwt-validation',
          order: 1,
          jwtValidationConfig: {
            issuer: issuerIn(this),
            jwksEndpoint: `${issuerIn(this)}/.well-known/jwks.json`,
            additionalClaims: [
              { name: 'scope', format: 'space-separated-values', values: [marker] },
              { name: 'token_use', format: 'single-string', values: ['access'] },
              { name: 'client_id', format: 'single-string', values: [appClientId] },
            ],
          },
        },
        { type: 'forward', order: 2, targetGroupArn },
      ],
    });
  }
}

const balancer = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333';
new HttpApi(app, 'HttpApi');
new RestApi(app, 'RestApi');
new LoadBalancer(app, 'LoadBalancer', {
  listenerArn: context('listenerArn', `${balancer}:listener/app/main/0123456789abcdef/0123456789abcdef`),
  targetGroupArn: context('targetGroupArn', `${balancer}:targetgroup/orders/0123456789abcdef`),
});
