//! Cookies and tokens.

use std::fmt;

/// Bytes that nobody can guess; on the wire in hexadecimal, two digits a byte, lower case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<const BYTES: usize>(pub [u8; BYTES]);

impl<const BYTES: usize> Secret<BYTES> {
    /// What stands where nothing is known yet.
    pub const UNKNOWN: Self = Self([0; BYTES]);

    /// Random bytes.
    ///
    /// # Errors
    ///
    /// When the system has none.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(super) fn hex(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |number: u8| char::from(DIGITS[usize::from(number)]);
        let bytes = self.0.into_iter();
        bytes
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect()
    }

    pub(super) fn of_hex(text: &str) -> Option<Self> {
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|&[high, low]| Some(value(high)? << 4 | value(low)?))
            .collect();
        let bytes = bytes.filter(|_| rest.is_empty())?;
        bytes.try_into().ok().map(Self)
    }
}

/// A secret is not for the screen.
impl<const BYTES: usize> fmt::Debug for Secret<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
