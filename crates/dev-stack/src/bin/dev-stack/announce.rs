//! What a started stack says of itself.

use std::collections::BTreeMap;

use dev_stack::DevStack;
use serde_json::json;

/// What there is to say of a stack.
pub(crate) struct Facts {
    pub(crate) region: String,
    pub(crate) pool: String,
    pub(crate) client: String,
    pub(crate) table: String,
    /// The tenant and the code of the first invite.
    pub(crate) invite: Option<(&'static str, String)>,
    /// More variables for a shell.
    pub(crate) exports: Vec<(&'static str, String)>,
}

impl Facts {
    /// Prints it: as one line of JSON, or as text that ends in lines for a shell.
    pub(crate) fn print(&self, stack: &DevStack, as_json: bool) {
        if as_json { println!("{}", self.json(stack)) } else { self.print_text(stack) }
    }

    fn json(&self, stack: &DevStack) -> serde_json::Value {
        let endpoints = stack.endpoints();
        json!({
            "dynamodb": endpoints.dynamodb,
            "cognito": endpoints.cognito,
            "lambda": endpoints.lambda,
            "sts": endpoints.sts,
            "iam": endpoints.iam,
            "issuer": stack.cognito().issuer(&self.pool),
            "jwks": stack.cognito().jwks_url(&self.pool),
            "userPoolId": self.pool,
            "clientId": self.client,
            "table": self.table,
            "inviteCode": self.invite.as_ref().map(|(_, code)| code),
            "exports": self.exports.iter().cloned().collect::<BTreeMap<_, _>>(),
        })
    }

    fn print_text(&self, stack: &DevStack) {
        let Self { region, pool, client, table, .. } = self;
        let endpoints = stack.endpoints();
        println!("DynamoDB   {}", endpoints.dynamodb);
        println!("Cognito    {}", endpoints.cognito);
        println!("Lambda     {}", endpoints.lambda);
        println!("STS        {}", endpoints.sts);
        println!("IAM        {}", endpoints.iam);
        println!("User pool  {pool}");
        println!("Client     {client}");
        println!("Key set    {}", stack.cognito().jwks_url(pool));
        if let Some((tenant, code)) = &self.invite {
            println!("Invite     {code} (tenant {tenant}, role admin, one use)");
        }
        println!();
        for (name, value) in endpoints.environment() {
            println!("export {name}={value}");
        }
        println!(
            "export AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_ACCESS_KEY_ID=local \
             AWS_SECRET_ACCESS_KEY=local"
        );
        println!("export TENANCY_TABLE={table} USER_POOL_ID={pool} CLIENT_ID={client}");
        for (name, value) in &self.exports {
            println!("export {name}={value}");
        }
        println!();
        println!("Mail is printed below. Stop with ctrl-c.");
    }
}
