//! A machine, as a back end that calls another: an app client with a secret and no user.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dev_stack::ClientSettings;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::UserPool;
use tests::http::Message;

impl UserPool<'_> {
    /// An app client of the pool for client credentials with one scope.
    pub(crate) fn machine(&self, scope: &str) -> Self {
        let settings =
            ClientSettings { secret: true, scopes: vec![scope.to_owned()], ..ClientSettings::default() };
        let client = self.world.stack.cognito().create_client(&self.id, settings).unwrap();
        UserPool { world: self.world, id: self.id.clone(), client }
    }

    /// The access token for the client's credentials.
    ///
    /// # Errors
    ///
    /// What the token endpoint tells the machine.
    pub(crate) async fn client_credentials(&self) -> Result<String, String> {
        let cognito = self.world.stack.cognito();
        let secret = cognito.client_secret(&self.id, &self.client).unwrap();
        let credentials = STANDARD.encode(format!("{}:{secret}", self.client));
        let url = format!("{}/oauth2/token", cognito.issuer(&self.id));
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let form = "grant_type=client_credentials";
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {credentials}\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
            form.len()
        );
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = Message::read(&mut stream).await.unwrap().body();
        answer["access_token"].as_str().map(str::to_owned).ok_or_else(|| answer.to_string())
    }
}
