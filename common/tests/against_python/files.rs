//! The file transfer of `common` against its Python mirror, which must refuse, and say, the same.

use common::files::{commands, names, progress, transfer};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::mirror::{ask_mirror, assert_same, samples};

#[test]
fn the_same_names_are_refused_for_the_same_reason() {
    let mut inputs = samples(
        r"[./\\a\x00-\x1f ä文\x7f-\x9f']{0,6}|[ -~äπ文字]{0,20}",
        500,
    );
    inputs.extend([255, 256].map(|length| "n".repeat(length)));
    inputs.extend([85, 86].map(|length| "文".repeat(length)));
    inputs.extend(["..", ".", "", "a\0b", "a\u{202e}b", "it's", "my file.txt"].map(str::to_owned));
    let imports = "from common.files import names
def refusal(name):
    try:
        names.check(name)
    except names.NameRefused as error:
        return str(error)
    return ''";
    assert_same(imports, "refusal(x)", &inputs, |name| {
        names::check(name).map_or_else(|error| error.to_string(), |()| String::new())
    });
}

#[test]
fn commands_are_split_into_the_same_words() {
    let inputs = samples(r"[a\s\x1c-\x1f\u{a0}\u{3000}文]{0,12}", 500);
    let imports = "from common.files import commands";
    assert_same(imports, "'|'.join(commands.words(x))", &inputs, |command| {
        let (verb, rest) = commands::words(command);
        format!("{verb}|{rest}")
    });
}

#[test]
fn the_progress_line_is_the_same() {
    let mut inputs = samples((0..2000_u64, 1..2000_u64, 0.0..5000.0_f64), 500);
    inputs.retain(|(done, total, _)| done <= total);
    inputs.push((u64::from(u32::MAX), u64::from(u32::MAX), 0.0005));
    let imports = "from common.files.progress import star_line";
    assert_same(
        imports,
        "star_line(*x)",
        &inputs,
        |&(done, total, seconds)| progress::star_line(done, total, seconds),
    );
}

/// The unit tests of `partial_file`, `names` and `transfer`, once more for the mirror, which has
/// nowhere else to have them.
#[test]
fn the_mirror_stores_what_is_complete_and_leaves_nothing_else() {
    let printed = ask_mirror(include_str!("files.py"), "");
    assert_eq!(printed.unwrap_or_else(|| "ok\n".to_owned()), "ok\n");
}

#[test]
fn the_mirror_receives_the_same_file_however_it_arrives() {
    let inputs: Vec<(Vec<u8>, Vec<u16>)> =
        samples((vec(any::<u8>(), 0..2000), vec(1..300_u16, 0..50)), 50);
    let imports = "import os, tempfile
from common.files import transfer
class Pieces:
    def __init__(self, data, sizes):
        self.data, self.sizes = bytes(data), sizes
    def recv(self, size):
        size = min(size, self.sizes.pop() if self.sizes else 1)
        piece, self.data = self.data[:size], self.data[size:]
        return piece
def receive(data, sizes):
    with tempfile.TemporaryDirectory() as folder:
        md5 = transfer.receive_file(Pieces(data, sizes), folder, 'a.txt', len(data))
        with open(os.path.join(folder, 'a.txt'), 'rb') as file:
            assert file.read() == bytes(data)
        return md5";
    assert_same(imports, "receive(*x)", &inputs, |(bytes, _)| {
        let folder = tempfile::tempdir().unwrap();
        let announced = transfer::Announced {
            name: "a.txt",
            size: bytes.len() as u64,
            md5: None,
        };
        let progress = progress::Progress::hidden();
        transfer::receive_file(&mut &bytes[..], announced, folder.path(), &progress).unwrap()
    });
}
