//! How a client speaks with a file server: commands, headers, what must follow them.

use common::{header, json, notation};
use serde_json::Value;

use super::{KNOWN, KNOWN_BYTES, Service};
use crate::check::catalogue::wire::{announce, expect_body, md5};
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Result;

impl Service<'_> {
    /// A command as it goes over the wire.
    pub(in crate::check::catalogue) fn command(&self, words: &str) -> Vec<u8> {
        let end = self.files.and_then(|files| files.command_end);
        [words, end.unwrap_or_default()].concat().into_bytes()
    }

    /// The command that comes before an upload, where there are commands.
    pub(in crate::check::catalogue) fn put(&self, name: &str) -> Vec<u8> {
        if self.downloads() && self.uploads() {
            let in_line = name.replace(['\n', '\0'], "?");
            return self.command(&format!("put {in_line}"));
        }
        Vec::new()
    }

    /// The header with which it announces a file, or confirms an upload.
    pub(in crate::check::catalogue) fn header(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let size = bytes.len() as u64;
        let header = &self.context.dialect().answers_in;
        announce(header, &escaped(header.is_json(), name), &md5(bytes), size)
    }

    /// What goes over the wire before an upload's bytes.
    pub(in crate::check::catalogue) fn announcement(
        &self,
        name: &str,
        md5: &str,
        size: u64,
    ) -> Vec<u8> {
        let header = &self.context.dialect().asks_in;
        let announced = announce(header, &escaped(header.is_json(), name), md5, size);
        [self.put(name), announced].concat()
    }

    /// A whole upload.
    pub(in crate::check::catalogue) fn upload_of(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let announcement = self.announcement(name, &md5(bytes), bytes.len() as u64);
        [&announcement, bytes].concat()
    }

    /// Asks for a file.
    pub(in crate::check::catalogue) fn ask(&self, client: &mut Stream, name: &str) -> Result {
        client.send(&self.command(&format!("get {name}")))
    }

    /// Receives a file that was asked for: its header exactly, and its bytes.
    pub(in crate::check::catalogue) fn expect_file(
        &self,
        client: &mut Stream,
        name: &str,
        bytes: &[u8],
    ) -> Result {
        // The server reads all of it before it can tell the md5.
        client.await_answer(self.patience_with(bytes));
        client
            .expect(&self.header(name, bytes))
            .map_err(|stop| stop.while_("the header"))?;
        expect_body(client, bytes)
    }

    /// Receives the file that is always there.
    pub(in crate::check::catalogue) fn expect_known(&self, client: &mut Stream) -> Result {
        self.expect_file(client, KNOWN, KNOWN_BYTES)
    }

    /// Asks for a file and receives it.
    pub(in crate::check::catalogue) fn download(
        &self,
        client: &mut Stream,
        name: &str,
        bytes: &[u8],
    ) -> Result {
        self.ask(client, name)?;
        self.expect_file(client, name, bytes)
    }

    /// Receives the answer that there is no such file. Tells whether the conversation goes on.
    pub(in crate::check::catalogue) fn expect_no_file(&self, client: &mut Stream) -> Result<bool> {
        let Some(length) = client.receive_unless_closed(4)? else {
            return Ok(false);
        };
        if self.confirms() {
            return self.expect_zero(&length, "there is no such file");
        }
        self.expect_error(client, &length)
    }

    fn expect_zero(&self, length: &[u8], meaning: &str) -> Result<bool> {
        if length == [0; 4] {
            return Ok(true);
        }
        Err(self.context.fail(
            format!("a header of length 0: {meaning}"),
            format!("a length of {}", notation::bytes(length)),
        ))
    }

    /// Receives the rest of the header `{"error": "…"}`.
    fn expect_error(&self, client: &mut Stream, length: &[u8]) -> Result<bool> {
        let fields = self.json_header(client, length)?;
        if fields.get("error").is_some_and(Value::is_string) {
            return Ok(true);
        }
        Err(self.context.fail(
            "the end of the connection, or the header {\"error\": \"...\"}",
            format!("the header {fields}"),
        ))
    }

    /// Receives a header whose length came already.
    pub(in crate::check::catalogue) fn json_header(
        &self,
        client: &mut Stream,
        length: &[u8],
    ) -> Result<Value> {
        let size = <[u8; 4]>::try_from(length).map_or(-1, i32::from_le_bytes);
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= header::MAX_HEADER)
            .ok_or_else(|| {
                self.context.fail(
                    "the length of a header, 4 bytes, little-endian",
                    format!("{} ({size})", notation::bytes(length)),
                )
            })?;
        let header = client.receive(size)?;
        serde_json::from_slice(&header).map_err(|error| {
            self.context.fail(
                "a JSON header",
                format!("{} ({error})", notation::bytes(&header)),
            )
        })
    }

    /// Waits until an upload is stored and, where the protocol says so, acknowledged.
    pub(in crate::check::catalogue) fn expect_stored(
        &self,
        client: &mut Stream,
        name: &str,
        bytes: &[u8],
    ) -> Result {
        if self.confirms() {
            client.await_answer(self.patience_with(bytes));
            client
                .expect(&self.header(name, bytes))
                .map_err(|stop| stop.while_("the acknowledgement"))?;
        }
        self.await_file(name, bytes)
    }

    /// Receives the answer that an upload is not stored. Tells whether the conversation goes on;
    /// where the protocol has no such answer the client leaves.
    pub(in crate::check::catalogue) fn expect_not_stored(
        &self,
        client: &mut Stream,
    ) -> Result<bool> {
        if !self.confirms() && !self.context.is_ours() {
            client.finish_sending();
            client.expect_closed()?;
            return Ok(false);
        }
        match client.receive_unless_closed(4)? {
            None => Ok(false),
            Some(length) if self.confirms() => self.expect_zero(&length, "nothing was stored"),
            Some(length) => self.expect_error(client, &length),
        }
    }
}

/// `name` as it stands in a header: with escapes between the quotes of JSON.
fn escaped(in_json: bool, name: &str) -> String {
    match json::dumps(&name) {
        Ok(quoted) if in_json => quoted[1..quoted.len() - 1].to_owned(),
        _ => name.to_owned(),
    }
}
