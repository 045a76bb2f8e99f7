//! A PostgreSQL server for this run of the tests: in a temporary folder, on a Unix socket, without a TCP port.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use orders_api::Database;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};

/// Starts the server, and says where it is. It ends the server when its own input ends, which the operating system does
/// for it, however the tests end.
const SCRIPT: &str = r#"
set -eu
folder=$(mktemp -d /tmp/orders-api.XXXXXX)
trap 'rm -rf "$folder"' EXIT
# Ctrl-C ends the tests, and with them the input.
trap '' INT
cd "$folder"
fail() { cat log >&2; exit 1; }
initdb --pgdata data --username admin --auth trust --encoding UTF8 --locale C --no-sync >log 2>&1 || fail
postgres -D data -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=200 >>log 2>&1 &
server=$!
until pg_isready --quiet --host "$folder"; do
  kill -0 "$server" || fail
  sleep 0.05
done
echo "$folder"
read -r _ || true
kill -INT "$server"
wait "$server" || true
"#;

struct Server {
    address: Config,
    _input: Option<ChildStdin>,
}

/// A database of one test, with the tables of the example.
pub(crate) struct TestDatabase {
    address: Config,
}

/// A new database, or `None` where no PostgreSQL is installed.
pub(crate) async fn new_database() -> Option<TestDatabase> {
    static SERVER: OnceCell<Option<Server>> = OnceCell::const_new();
    static NUMBER: AtomicUsize = AtomicUsize::new(0);

    let Some(server) = SERVER.get_or_init(Server::find_or_start).await else {
        // The test harness shows `eprintln!` of failed tests only.
        writeln!(std::io::stderr(), "not run: no PostgreSQL").unwrap();
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("orders_test_{}_{number}", std::process::id());
    connect(&server.address).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let database = TestDatabase { address: server.address.clone().dbname(name).clone() };
    database.superuser().await.batch_execute(include_str!("../../database/2-orders.sql")).await.unwrap();
    Some(database)
}

/// The same, or the end of the test.
macro_rules! database {
    () => {
        match crate::server::new_database().await {
            Some(database) => database,
            None => return,
        }
    };
}
pub(crate) use database;

impl TestDatabase {
    pub(crate) async fn superuser(&self) -> Client {
        connect(&self.address).await
    }

    /// A connection of the service's role.
    pub(crate) async fn app(&self) -> Client {
        connect(&self.address_of("orders_app")).await
    }

    /// The service's pool.
    pub(crate) fn pool(&self, connections: usize) -> Database {
        Database::new(self.address_of("orders_app"), connections).unwrap()
    }

    pub(crate) fn address_of(&self, role: &str) -> Config {
        self.address.clone().user(role).clone()
    }

    /// A login role of its own, with these attributes.
    pub(crate) async fn role(&self, attributes: &str) -> String {
        let name = format!("role_of_{}", self.address.get_dbname().unwrap());
        self.superuser()
            .await
            .batch_execute(&format!("CREATE ROLE {name} LOGIN {attributes}"))
            .await
            .unwrap();
        name
    }
}

pub(crate) async fn connect(address: &Config) -> Client {
    let (client, connection) = address.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Server {
    async fn find_or_start() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "whoever runs the tests may have a server")]
        let server = match std::env::var("ORDERS_TEST_POSTGRES") {
            Ok(address) => Self { address: address.parse().unwrap(), _input: None },
            Err(_) => Self::start(&binaries()?),
        };
        let client = connect(&server.address).await;
        // A server that was used before has them.
        if client.query("SELECT FROM pg_roles WHERE rolname = 'orders_app'", &[]).await.unwrap().is_empty() {
            client.batch_execute(include_str!("../../database/1-roles.sql")).await.unwrap();
        }
        Some(server)
    }

    fn start(binaries: &Path) -> Self {
        #[expect(clippy::zombie_processes, reason = "the script ends after the tests")]
        let mut script = unprivileged()
            .args(["sh", "-c", SCRIPT])
            .env("PATH", format!("{}:/usr/bin:/bin", binaries.display()))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut folder = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "PostgreSQL does not start; its log is above");
        let mut address = Config::new();
        address.host_path(folder.trim()).user("admin").dbname("postgres");
        Self { address, _input: script.stdin.take() }
    }
}

/// PostgreSQL does not run as root.
fn unprivileged() -> Command {
    let answer = |command: &str, arguments: &[&str]| {
        let output = Command::new(command).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    if answer("id", &["-u"]).as_deref() != Some("0") {
        return Command::new("env");
    }
    let user = ["postgres", "nobody"].into_iter().find(|user| answer("id", &["-u", user]).is_some()).unwrap();
    let group = answer("id", &["-g", user]).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", &group, "--clear-groups"]);
    command
}

/// The folder of `initdb`: in `PATH`, or the newest that Debian's packages have installed.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut debian: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
    debian.sort();
    let mut folders = std::env::split_paths(&path).chain(debian.into_iter().rev());
    let initdb = folders.find_map(|folder| folder.join("initdb").canonicalize().ok())?;
    initdb.parent().map(Path::to_owned)
}
