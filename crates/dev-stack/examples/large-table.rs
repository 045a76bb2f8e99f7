//! Makes a large table in a local file, and beside it the users of its members, to measure `tenantctl` on.
//!
//! ```sh
//! cargo run -p dev-stack --example large-table -- large.db
//! tenantctl --local large.db member list --tenant acme
//! ```
//!
//! The operator's code plans one item of each kind. All others are copies of it under other names, so that this program
//! knows nothing of the layout of an item.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Parser;
use dev_stack::{DevStack, PoolSettings, Seed, StackOptions};
use dynoxide::{AttributeValue, Database, ImportOptions, Item};
use serde_json::{Value, json};
use tenancy::invite::{DEFAULT_LIFE_SECONDS, RETENTION_SECONDS};
use tenancy::{
    EmailAddress, EmailHash, InviteCode, Tenant, TenantId, TenantStatus, Timestamp, UserKey, Username,
};
use tenancy_aws::operator::{Change, NewInvite, Operator};
use tenancy_aws::{AwsClients, AwsSettings};

const REGION: &str = "eu-west-1";
const TABLE: &str = "tenancy";
const POOL: &str = "eu-west-1_large";
/// The tenant of all members and invites.
const ACME: &str = "acme";
/// When everything was made: 2026-11-01.
const BEGIN: u64 = 1_793_491_200;
/// Items of one transaction of the import.
const BATCH: usize = 10_000;
/// One member in so many is not in the pool, and the next one has no stamp.
const DRIFT: u64 = 1_000;

/// Makes a large table in FILE, and its users in FILE.cognito.json.
#[derive(Parser)]
struct Options {
    /// A new file
    file: PathBuf,
    #[arg(long, default_value_t = 10_000)]
    tenants: u64,
    /// Members of the tenant `acme`
    #[arg(long, default_value_t = 100_000)]
    members: u64,
    /// Invites to the tenant `acme`
    #[arg(long, default_value_t = 50_000)]
    invites: u64,
    /// No user has a stamp: drift of every member
    #[arg(long)]
    no_stamps: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let data = Some(options.file.clone());
    let stack =
        DevStack::start(StackOptions { region: REGION.to_owned(), data, ..StackOptions::default() }).await?;
    let seed = Seed::new(&stack, REGION, TABLE)?;
    if !seed.create_table().await? {
        return Err(format!("{} has a table already", options.file.display()).into());
    }
    let acme = seed.tenant(ACME, "Acme Corporation", "pro").await?;
    let operator = operator(&stack)?;
    let models = Models::plan(&operator, &acme).await?;
    let pool =
        stack.cognito().create_pool(PoolSettings { id: Some(POOL.to_owned()), ..PoolSettings::default() });
    let user = seed.user(&pool, "model@example.com", "Correct-horse-1").await?;
    stack.stop().await;
    write_table(&options, &models)?;
    write_users(&options, &user)?;
    println!(
        "{}: {} tenants, {} members and {} invites of {ACME}; pool {POOL}",
        options.file.display(),
        options.tenants,
        options.members,
        options.invites
    );
    Ok(())
}

fn operator(stack: &DevStack) -> Result<Operator, Box<dyn Error>> {
    let endpoints = stack.endpoints().environment();
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some(REGION.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        other => endpoints.get(other).cloned(),
    };
    let clients = AwsClients::new(AwsSettings::read(lookup).map_err(|faults| faults.join("; "))?);
    Ok(Operator::new(clients.dynamodb(), TABLE.to_owned(), "large-table".to_owned()))
}

/// The items of one tenant, one member and one invite, and the names in them that differ from copy to copy.
struct Models {
    tenant: Model,
    member: Model,
    invite: Model,
}

struct Model {
    items: Vec<String>,
    names: Vec<String>,
    /// The random end of the audit item's key.
    audit: String,
}

impl Models {
    async fn plan(operator: &Operator, acme: &TenantId) -> Result<Self, Box<dyn Error>> {
        let now = Timestamp::from_epoch_seconds(BEGIN);
        let id = tenant_id(0);
        let tenant = Tenant {
            id: id.parse()?,
            name: id.parse()?,
            tier: "pro".parse()?,
            status: TenantStatus::Active,
            roles: std::collections::BTreeMap::new(),
            pools: Vec::new(),
        };
        let made = operator.create_tenant(&tenant, &id.parse()?, None, now).await?;
        let acme = operator.tenant(acme).await?;
        let roles = ["admin".parse()?, "member".parse()?];
        let key = UserKey { pool: POOL.parse()?, sub: sub(0).parse()? };
        let user = operator.user(&key).await?;
        let added = operator.add_member(&acme, &user, &roles, Username::new(&sub(0)).as_ref(), now)?;
        let (code, names) = (code(0), invite_names(0)?);
        let invite = NewInvite {
            tenant: acme.tenant.id.clone(),
            email: Some(address(0).parse()?),
            roles: roles.to_vec(),
            max_uses: 1,
            expires_at: now.plus_seconds(DEFAULT_LIFE_SECONDS),
        };
        let invited = operator.create_invite(&acme, &invite, &code, now).await?;
        Ok(Self {
            tenant: Model::of(&made, vec![id])?,
            member: Model::of(&added, vec![sub(0)])?,
            invite: Model::of(&invited, names)?,
        })
    }
}

impl Model {
    fn of(change: &Change, names: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let new: Vec<_> = change.preview().into_iter().filter(|write| write.action == "create").collect();
        let audit =
            new.iter().find_map(|write| Some(write.sk.strip_prefix("AUDIT#")?.split_once('#')?.1.to_owned()));
        let audit = audit.ok_or("the plan has no audit item")?;
        let items = new.into_iter().filter_map(|write| write.after);
        Ok(Self {
            items: items.map(|item| serde_json::to_string(&item)).collect::<Result<_, _>>()?,
            names,
            audit,
        })
    }

    /// The items of the copy with this number, under other names.
    fn copy(&self, number: u64, names: &[String]) -> Result<Vec<Item>, Box<dyn Error>> {
        let mut items = Vec::new();
        for item in &self.items {
            let mut item = item.replace(&self.audit, &format!("{:08x}{:08x}", mixed(number), number));
            for (old, new) in self.names.iter().zip(names) {
                item = item.replace(old.as_str(), new);
            }
            match attribute(serde_json::from_str(&item)?) {
                AttributeValue::M(item) => items.push(item),
                _ => return Err("an item is not a map".into()),
            }
        }
        Ok(items)
    }
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::NULL(true),
        Value::Bool(flag) => AttributeValue::BOOL(flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(list) => AttributeValue::L(list.into_iter().map(attribute).collect()),
        Value::Object(map) => {
            AttributeValue::M(map.into_iter().map(|(name, value)| (name, attribute(value))).collect())
        }
    }
}

fn write_table(options: &Options, models: &Models) -> Result<(), Box<dyn Error>> {
    let database = Database::new(&options.file.to_string_lossy())?;
    database.enable_bulk_loading()?;
    let mut batch = Vec::new();
    let mut add = |items: Vec<Item>, is_last: bool| -> Result<(), Box<dyn Error>> {
        batch.extend(items);
        if batch.len() >= BATCH || is_last {
            database.import_items(TABLE, std::mem::take(&mut batch), ImportOptions::default())?;
        }
        Ok(())
    };
    // `acme` is one of the tenants.
    for number in 1..options.tenants {
        add(models.tenant.copy(number, &[tenant_id(number)])?, false)?;
    }
    for number in 0..options.members {
        add(models.member.copy(number, &[sub(number)])?, false)?;
    }
    for number in 0..options.invites {
        add(models.invite.copy(number, &invite_names(number)?)?, false)?;
    }
    add(Vec::new(), true)?;
    database.disable_bulk_loading()?;
    Ok(())
}

/// Copies the pool's one user, as [`StackOptions::data`] keeps it.
fn write_users(options: &Options, model: &str) -> Result<(), Box<dyn Error>> {
    let mut file = options.file.clone().into_os_string();
    file.push(".cognito.json");
    let path = Path::new(&file);
    let mut kept: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let users =
        kept.pointer_mut("/pools/0/users").and_then(Value::as_array_mut).ok_or("no users were kept")?;
    let mut user = users.pop().ok_or("no user was kept")?;
    let without_stamp = serde_json::to_string(&user)?;
    let attributes = user.get_mut("attributes").and_then(Value::as_object_mut).ok_or("no attributes")?;
    attributes.insert("custom:tenantId".to_owned(), json!(ACME));
    let stamped = serde_json::to_string(&user)?;
    for number in (0..options.members).filter(|number| number % DRIFT != 0) {
        let text = if options.no_stamps || number % DRIFT == 1 { &without_stamp } else { &stamped };
        let copy = text.replace(model, &sub(number)).replace("model@example.com", &address(number));
        users.push(serde_json::from_str(&copy)?);
    }
    std::fs::write(path, serde_json::to_vec(&kept)?)?;
    Ok(())
}

fn tenant_id(number: u64) -> String {
    format!("tenant-{number:06}")
}

fn address(number: u64) -> String {
    format!("person-{number:06}@example.com")
}

/// A UUID. The numbers are mixed, so that they are in no order.
fn sub(number: u64) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", mixed(number))
}

fn mixed(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9E37_79B1) & 0xFFFF_FFFF
}

fn code(number: u64) -> InviteCode {
    let mut digits = number;
    InviteCode::from_random(std::array::from_fn(|_| {
        let digit = u8::try_from(digits % 32).unwrap_or_default();
        digits /= 32;
        digit
    }))
}

/// What differs from invite to invite. Each is made one second after the one before.
fn invite_names(number: u64) -> Result<Vec<String>, Box<dyn Error>> {
    let (hash, address) = (code(number).hash(), address(number));
    let email: EmailAddress = address.parse()?;
    let made = BEGIN + number;
    let expires = made + DEFAULT_LIFE_SECONDS;
    Ok(vec![
        hash.as_str().to_owned(),
        hash.short().to_owned(),
        EmailHash::of(&email).as_str().to_owned(),
        address,
        made.to_string(),
        expires.to_string(),
        (expires + RETENTION_SECONDS).to_string(),
    ])
}
