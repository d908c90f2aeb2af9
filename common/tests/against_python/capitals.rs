//! Capitals of text: `str::to_uppercase` here, `str.upper` there, each by its own copy of Unicode.

use std::collections::BTreeMap;

use super::mirror::ask_mirror;

/// Prints Python's version of Unicode, and the letters that it knows, capital and all, but not as we do.
const ASK: &str = "\
import unicodedata
ours = json.load(sys.stdin)
print(unicodedata.unidata_version)
for n in range(0x110000):
    letter = chr(n)
    capital = ours.get(letter, letter)
    if letter.upper() != capital and all(unicodedata.category(c) != 'Cn' for c in letter + capital):
        print(ascii(letter), ascii(letter.upper()), ascii(capital))
";

#[test]
fn capitals_differ_only_where_unicode_has_grown() {
    let ours: BTreeMap<char, String> = ('\0'..=char::MAX)
        .map(|letter| (letter, letter.to_uppercase().to_string()))
        .filter(|(letter, capital)| *capital != letter.to_string())
        .collect();
    let Some(answer) = ask_mirror(ASK, &serde_json::to_string(&ours).unwrap()) else {
        return;
    };
    let (version, differing) = answer.split_once('\n').unwrap();
    let version: Vec<u8> = version.split('.').map(|n| n.parse().unwrap()).collect();
    let (major, minor, micro) = char::UNICODE_VERSION;
    // A newer Python knows capitals that we don't, and then it is we who lack the letter.
    if version.as_slice() <= &[major, minor, micro][..] {
        assert_eq!(differing, "");
    }
}
