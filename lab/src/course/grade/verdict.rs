//! What came of a student, of an exercise, of a stage: as it is written down.

use std::fs;
use std::path::Path;

use anyhow::Result;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use crate::course::exercise::Exercise;
use crate::course::work;

/// What came of a student.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Student {
    pub(super) name: String,
    pub(super) exercises: Vec<Graded>,
}

impl Student {
    /// What a run before came to, if it judged the same exercises.
    pub(super) fn read(path: &Path, exercises: &[(&Exercise, f64)]) -> Option<Self> {
        let student: Self = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        let before = student.exercises.iter();
        let before = before.map(|graded| (graded.exercise.clone(), graded.most));
        let now = exercises
            .iter()
            .map(|(exercise, most)| (exercise.id(), *most));
        before.eq(now).then_some(student)
    }

    pub(super) fn points(&self) -> f64 {
        to_cents(self.exercises.iter().map(|graded| graded.points).sum())
    }

    pub(super) fn most(&self) -> f64 {
        to_cents(self.exercises.iter().map(|graded| graded.most).sum())
    }
}

/// With as many digits as a table shows: 0.1 + 0.2 is 0.30000000000000004.
pub(super) fn to_cents(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

/// What came of an exercise.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Graded {
    pub(super) exercise: String,
    pub(super) title: String,
    pub(super) points: f64,
    pub(super) most: f64,
    #[serde(flatten)]
    pub(super) verdict: Verdict,
}

/// What the judge inside the sandbox says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Verdict {
    pub(super) language: String,
    pub(super) stages: Vec<StageVerdict>,
    /// Why there is no more to say: it does not build, it took too long, it was not handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    /// For the student: what failed and how, the compiler's words.
    #[serde(default)]
    pub(super) feedback: String,
}

/// Why an exercise without a folder has no points.
pub(super) const NOT_HANDED_IN: &str = "not handed in";

/// Why a folder that `start` has not made has no points.
pub(super) const NO_SETTINGS: &str =
    "no lab.toml is in the folder: hand in all that `cargo lab start` has made";

/// What came of a stage.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StageVerdict {
    pub(super) title: String,
    pub(super) passed: bool,
    /// What failed, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
}

impl Verdict {
    /// The verdict where nothing was judged.
    pub(super) fn without(why: String) -> Self {
        Self {
            why: Some(why),
            ..Self::default()
        }
    }
}

/// A judge's line, such that nobody can write another one who does not know the secret: not even who has read this one.
pub(super) fn seal(secret: &str, verdict: &str) -> String {
    format!("{}{verdict}", keyed_digest(secret, verdict))
}

/// The verdict of a line that was sealed with this secret.
pub(super) fn unseal<'a>(secret: &str, line: &'a str) -> Option<&'a str> {
    let (digest, verdict) = line.trim_end().split_at_checked(DIGEST_CHARACTERS)?;
    (digest == keyed_digest(secret, verdict)).then_some(verdict)
}

const DIGEST_CHARACTERS: usize = 32;

/// Nested, as HMAC (RFC 2104) is: nobody can go on from the digest of a part.
fn keyed_digest(secret: &str, text: &str) -> String {
    let inner = Md5::new().chain_update(secret).chain_update(text);
    let outer = Md5::new()
        .chain_update(secret)
        .chain_update(inner.finalize());
    format!("{:x}", outer.finalize())
}

/// Writes a file of JSON for programs and people.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    work::put_whole(path, &(serde_json::to_string_pretty(value)? + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_read_is_no_help_to_write_another() {
        let line = seal("secret", "{\"points\":0}");
        assert_eq!(
            unseal("secret", &format!("{line}\n")),
            Some("{\"points\":0}")
        );
        for forged in [
            line.replace(":0", ":1"),
            format!("x{line}"),
            line.repeat(2),
            seal("guessed", "{\"points\":1}"),
            "ä".to_owned(),
        ] {
            assert_eq!(unseal("secret", &forged), None, "{forged}");
        }
    }
}
