//! The fields of a datagram: each is what the table says, or missing.

use common::json;
use serde_json::{Map, Value};

use super::secret::Secret;
use super::{MOST_ADDRESS, MOST_BYTES, MOST_NAME, MOST_TEXT, NAMES_AT_ONCE};

/// The fields of an object.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn of(datagram: &[u8]) -> Option<Self> {
        if datagram.len() > MOST_BYTES {
            return None;
        }
        match json::loads(datagram) {
            Ok(Value::Object(fields)) => Some(Self(fields)),
            _ => None,
        }
    }

    pub(super) fn flag(&self, field: &str) -> Option<bool> {
        self.0.get(field)?.as_bool()
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    /// A whole number from 0 to 2⁶³ − 1.
    pub(super) fn number(&self, field: &str) -> Option<u64> {
        let number = self.0.get(field)?.as_i64()?;
        u64::try_from(number).ok()
    }

    pub(super) fn secret<const BYTES: usize>(&self, field: &str) -> Option<Secret<BYTES>> {
        Secret::of_hex(self.text(field)?)
    }

    /// A name that the server has taken. Only the server asks what it is made of: our Unicode may be another one, in which a letter
    /// of theirs is none yet.
    pub(super) fn name(&self, field: &str) -> Option<String> {
        of_length(self.text(field)?, MOST_NAME)
    }

    pub(super) fn names(&self) -> Option<Vec<String>> {
        let names = self.0.get("names")?.as_array()?;
        let name = |name: &Value| of_length(name.as_str()?, MOST_NAME);
        let names: Option<Vec<String>> = names.iter().map(name).collect();
        names.filter(|names| names.len() <= NAMES_AT_ONCE)
    }

    pub(super) fn address(&self) -> Option<String> {
        of_length(self.text("address")?, MOST_ADDRESS)
    }

    pub(super) fn said(&self) -> Option<String> {
        of_length(self.text("text")?, MOST_TEXT)
    }
}

/// A text of 1 to `most` bytes.
fn of_length(text: &str, most: usize) -> Option<String> {
    (1..=most).contains(&text.len()).then(|| text.to_owned())
}
