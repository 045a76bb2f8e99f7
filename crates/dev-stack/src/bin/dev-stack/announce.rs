//! What a started stack says of itself.

use std::{collections::BTreeMap, fs, io, path::Path};

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

    /// The variables of `--env-file`, by name.
    pub(crate) fn variables(&self, stack: &DevStack) -> BTreeMap<String, String> {
        let mut variables = stack.endpoints().environment();
        let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
        set("AWS_ACCESS_KEY_ID", "local");
        set("AWS_DEFAULT_REGION", &self.region);
        set("AWS_REGION", &self.region);
        set("AWS_SECRET_ACCESS_KEY", "local");
        set("CLIENT_ID", &self.client);
        set("COGNITO_ENDPOINT", &stack.endpoints().cognito);
        set("ISSUER", &stack.cognito().issuer(&self.pool));
        set("JWKS_URL", &stack.cognito().jwks_url(&self.pool));
        set("TENANCY_TABLE", &self.table);
        set("USER_POOL_ID", &self.pool);
        if let Some((_, code)) = &self.invite {
            set("INVITE_CODE", code);
        }
        for (name, value) in &self.exports {
            set(name, value);
        }
        variables
    }

    /// Writes them into `file`, which is there in full or not at all.
    pub(crate) fn write_variables(&self, stack: &DevStack, file: &Path) -> io::Result<()> {
        let lines: Vec<_> =
            self.variables(stack).iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let mut new = file.as_os_str().to_owned();
        new.push(".new");
        fs::write(&new, lines.concat())?;
        fs::rename(new, file)
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
