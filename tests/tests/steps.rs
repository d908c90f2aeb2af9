//! The numbered steps: the same in both languages, in the order in which things happen.

use std::fs;
use std::path::Path;

use lab::pairs::{PROGRAMS, Side};
use lab::run::executables::{python_source, rust_source, workspace};

/// The numbers of a source's step comments, `// (1) socket` and `# (1) socket`, in their order.
fn steps(source: &Path) -> Vec<u32> {
    let text = fs::read_to_string(source)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", source.display()));
    text.lines()
        .filter_map(|line| {
            let line = line.trim_start();
            let comment = line
                .strip_prefix("// (")
                .or_else(|| line.strip_prefix("# ("))?;
            comment.split_once(')')?.0.parse().ok()
        })
        .collect()
}

/// Within a program the steps ascend, from 1 on without a gap, and so they are the same in both languages.
#[test]
fn the_steps_are_numbered_as_they_happen_in_both_languages() {
    for program in PROGRAMS {
        for side in [Side::Server, Side::Client] {
            let (rust, python) = (rust_source(program, side), python_source(program, side));
            let mut in_rust = steps(&rust);
            // A class stands in a file of its own, beside the executables.
            let file = rust.file_name().unwrap_or_default();
            let class = workspace().join(program.package).join("src").join(file);
            if class.is_file() {
                in_rust.extend(steps(&class));
            }
            let ascending: Vec<_> = (1..).take(in_rust.len()).collect();
            assert!(in_rust.len() > 2, "{}", rust.display());
            assert_eq!(in_rust, ascending, "{}", rust.display());
            assert_eq!(steps(&python), ascending, "{}", python.display());
        }
    }
}
