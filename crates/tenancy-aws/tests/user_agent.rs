//! Whom AWS sees as the caller.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy_aws::{AwsClients, AwsSettings};

#[test]
fn calls_name_this_product_as_their_user_agent_and_sign_no_second_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8_192];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        String::from_utf8_lossy(&request[..length]).to_ascii_lowercase()
    });
    let settings = AwsSettings::read(|name| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        _ => None,
    });
    let client = AwsClients::new(settings.unwrap()).dynamodb();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let key = client.get_item().table_name("tenancy").key("pk", AttributeValue::S("a".to_owned()));
    runtime.block_on(key.send()).unwrap();

    let request = server.join().unwrap();
    let named: Vec<&str> = request.lines().filter(|line| line.contains("user-agent")).collect();
    assert_eq!(named, [format!("user-agent: tenancy/{}", env!("CARGO_PKG_VERSION"))]);
}
