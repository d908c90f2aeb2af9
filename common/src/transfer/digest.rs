//! The md5 of a file that is on the disk, for the header that goes before it.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Seek};

use md5::{Digest, Md5};

use super::BUFFER;
use crate::names::OpenFile;

/// The md5 of the file's `size` bytes, as 32 hexadecimal digits. The file is at its beginning
/// before and after.
///
/// Fails with [`ErrorKind::UnexpectedEof`] if the file is shorter by now.
pub fn md5_of(file: &OpenFile) -> io::Result<String> {
    let mut md5 = Md5::new();
    let mut buffer = vec![0; BUFFER];
    let mut source = (&file.file).take(file.size);
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            count => md5.update(&buffer[..count]),
        }
    }
    if source.limit() > 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    (&file.file).rewind()?;
    Ok(hexadecimal(md5))
}

/// 32 hexadecimal digits.
pub(super) fn hexadecimal(md5: Md5) -> String {
    let mut digits = String::with_capacity(32);
    for byte in md5.finalize() {
        let _ = write!(digits, "{byte:02x}"); // writing to a String cannot fail
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::open_local;
    use std::fs;

    #[test]
    fn the_md5_of_a_file_is_that_of_its_announced_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "").unwrap();
        let file = open_local(&path).unwrap();
        assert_eq!(md5_of(&file).unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
        fs::write(&path, "hello").unwrap();
        let file = open_local(&path).unwrap();
        fs::write(&path, "hello, longer").unwrap();
        assert_eq!(md5_of(&file).unwrap(), "5d41402abc4b2a76b9719d911017c592");
        fs::write(&path, "hell").unwrap();
        assert!(md5_of(&file).is_err());
    }
}
