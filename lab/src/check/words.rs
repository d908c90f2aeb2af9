//! What is said to who wrote a program, in the words of its language.

use serde::Deserialize;

use crate::pairs::Language;

/// Words that are the same in all languages, or differ.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// For everybody.
    Same(String),
    /// For who writes in one of these.
    Each {
        /// With the names of std.
        rust: String,
        /// With the names of Python's library.
        python: String,
    },
}

impl Words {
    /// The words for a program in `language`; for a third one, or one that is not known, Python's, whose names are
    /// the system's.
    #[must_use]
    pub fn to(&self, language: Option<Language>) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Each { rust, python } => match language {
                Some(Language::Rust) => rust,
                _ => python,
            },
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::Same(String::new())
    }
}
