//! A fake, and nothing but one: it answers two operations of Cognito with what a test wants to see survived, and which the
//! local stack never says. Every user that is asked for is there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What it says to a call: status and body. It is given the operation, how often that was called before, and the input.
pub(crate) type Answer = Box<dyn Fn(&str, usize, &Value) -> (u16, Value) + Send>;

/// Operations that were called, in order.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub(crate) fn of(&self, operation: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|called| *called == operation).count()
    }
}

/// Serves until the test ends; gives the URL.
pub(crate) fn serve(answer: Answer) -> (String, Calls) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Calls::default();
    let counted = calls.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that has gone away is no business of ours.
            let _ = one_request(stream.unwrap(), &answer, &counted);
        }
    });
    (url, calls)
}

/// The user that a filter asks for, in the form of the API.
pub(crate) fn found(input: &Value) -> Value {
    let sub = input["Filter"].as_str().and_then(|filter| filter.split('"').nth(1)).unwrap_or("nobody");
    json!({ "Users": [{
        "Username": sub, "Enabled": true, "UserStatus": "CONFIRMED", "Attributes": [{ "Name": "sub", "Value": sub }],
    }] })
}

pub(crate) fn error(code: &str) -> Value {
    json!({ "__type": code, "message": "the fake says so" })
}

fn one_request(mut stream: TcpStream, answer: &Answer, calls: &Calls) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => operation = value.trim().rsplit('.').next().unwrap().to_owned(),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let before = calls.of(&operation);
    calls.0.lock().unwrap().push(operation.clone());
    let (status, body) = answer(&operation, before, &serde_json::from_slice(&body)?);
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} fake\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
