//! The fields of a datagram: each is what the table says, or missing.

use common::json;
use serde_json::{Map, Value};

use super::secret::Secret;
use super::{MOST_BYTES, MOST_TEXT, is_name};

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
        let number = self.0.get(field)?.as_u64()?;
        i64::try_from(number).is_ok().then_some(number)
    }

    pub(super) fn secret<const BYTES: usize>(&self, field: &str) -> Option<Secret<BYTES>> {
        Secret::of_hex(self.text(field)?)
    }

    pub(super) fn name(&self, field: &str) -> Option<String> {
        let name = self.text(field).filter(|name| is_name(name))?;
        Some(name.to_owned())
    }

    pub(super) fn names(&self) -> Option<Vec<String>> {
        let names = self.0.get("names")?.as_array()?;
        let name = |name: &Value| Some(name.as_str().filter(|name| is_name(name))?.to_owned());
        names.iter().map(name).collect()
    }

    /// A text of 1 to [`MOST_TEXT`] bytes.
    pub(super) fn said(&self) -> Option<String> {
        let text = self.text("text")?;
        (1..=MOST_TEXT)
            .contains(&text.len())
            .then(|| text.to_owned())
    }
}
