//! The contact list: who can be written to, and where.
//!
//! A list of one's own is a JSON object, each name with the address where that person's server
//! listens: `{"anna": "192.0.2.7:8080", "jürgen": "[::1]:8081"}`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, bail};
use common::json;
use common::net::{self, NetError};
use serde_json::{Map, Value};

/// The lesson's four friends, who all are at the same place.
const FRIENDS: [&str; 4] = ["pony", "jack", "charles", "nick"];

/// Somebody to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What is typed to choose them.
    pub name: String,
    /// The name or address of their machine.
    pub host: String,
    /// The UDP port of their server.
    pub port: u16,
}

impl Contact {
    /// Where to send to. The host is looked up only now: one friend whose machine is unknown
    /// does not keep the others away.
    ///
    /// # Errors
    ///
    /// When the host's name is unknown.
    pub fn address(&self) -> Result<SocketAddr> {
        match net::resolve(&self.host, self.port) {
            Err(error @ NetError::Resolve { .. }) => {
                bail!("{error} (or the address of {} in --contacts)", self.name)
            }
            found => Ok(found?),
        }
    }
}

/// Reads a contact list, in the order of the file.
///
/// # Errors
///
/// When the file cannot be read or is no contact list; the error names the file.
pub fn read(file: &Path) -> Result<Vec<Contact>> {
    let json = fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read the contact list {}, check --contacts",
            file.display()
        )
    })?;
    parse(&json).with_context(|| {
        let file = file.display();
        format!(r#"{file} is not a contact list of the form {{"name": "host:port"}}"#)
    })
}

/// The lesson's list, with every friend at the given place.
#[must_use]
pub fn friends_at(host: &str, port: u16) -> Vec<Contact> {
    FRIENDS
        .map(|name| Contact {
            name: name.to_owned(),
            host: host.to_owned(),
            port,
        })
        .into()
}

/// Makes contacts of JSON text. Of a name that comes twice the later address counts.
///
/// # Errors
///
/// When the text is not JSON, not an object, or an address is not `"host:port"`.
pub fn parse(text: &str) -> Result<Vec<Contact>> {
    let people: Map<String, Value> = serde_json::from_str(text)?;
    people
        .into_iter()
        .map(|(name, address)| {
            let (host, port) = address.as_str().and_then(split_address).with_context(|| {
                let address = json::dumps(&address).unwrap_or_default();
                format!("{name:?} has the address {address}")
            })?;
            Ok(Contact { name, host, port })
        })
        .collect()
}

/// `host:port`, split at the last colon; nothing where either is missing or the port is not
/// a number from 1 to 65535 in plain digits.
fn split_address(address: &str) -> Option<(String, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|&port| digits && port > 0)?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contact(name: &str, host: &str, port: u16) -> Contact {
        Contact {
            name: name.to_owned(),
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn a_list_keeps_its_order_and_the_later_of_two_addresses() {
        let json = r#"{"zoë": "a:1", "小明": "[::1]:65535", "b c": "::1:80", "zoë": "d:2"}"#;
        assert_eq!(
            parse(json).unwrap(),
            [
                contact("zoë", "d", 2),
                contact("小明", "[::1]", 65535),
                contact("b c", "::1", 80)
            ]
        );
    }

    #[test]
    fn an_address_without_a_host_or_a_port_is_named_in_the_error() {
        for address in [
            r#""""#,
            r#"":""#,
            r#""a""#,
            r#""a:""#,
            r#"":80""#,
            r#""a:0""#,
            r#""a:65536""#,
            r#""a:+1""#,
            r#""a:-1""#,
            r#""a: 1""#,
            r#""a:１""#,
            "8080",
            "null",
            r#"["a", 80]"#,
        ] {
            let error = parse(&format!(r#"{{"anna": {address}}}"#)).unwrap_err();
            assert!(
                error.to_string().contains(r#""anna""#),
                "{address}: {error}"
            );
        }
    }

    #[test]
    fn text_that_is_no_object_is_refused() {
        for json in [
            "",
            "[]",
            "3",
            "{",
            r#"{"a": "b:1"} x"#,
            &"[".repeat(100_000),
        ] {
            assert!(parse(json).is_err(), "{json:.20}");
        }
    }

    #[test]
    fn a_missing_file_is_named_in_the_error() {
        let error = format!("{:#}", read(Path::new("no such file.json")).unwrap_err());
        assert!(
            error.starts_with("cannot read the contact list no such file.json, check --contacts: "),
            "{error}"
        );
    }

    #[test]
    fn a_host_that_nobody_knows_is_named_with_the_person() {
        let error = contact("anna", "no such host", 1).address().unwrap_err();
        assert!(
            error.to_string().contains("no such host") && error.to_string().contains("anna"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_or_an_error(json in ".*") {
            let _ = parse(&json);
        }

        #[test]
        fn any_address_is_split_or_refused(name in ".*", host in ".*", port in "[0-9+ :]{0,6}") {
            let json = serde_json::json!({ (name.as_str()): format!("{host}:{port}") });
            if let Ok(contacts) = parse(&json.to_string()) {
                let [contact] = contacts.try_into().unwrap();
                prop_assert!(contact.port > 0 && !contact.host.is_empty());
                prop_assert_eq!(contact.name, name);
            }
        }
    }
}
