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

#[test]
fn both_languages_have_the_same_steps() {
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
            let mut in_python = steps(&python);
            in_rust.sort_unstable();
            in_python.sort_unstable();
            let sources = format!("{} {}", rust.display(), python.display());
            assert_eq!(in_rust, in_python, "{sources}");
        }
    }
}

/// Where a program is one function, or one after the other is called, the steps ascend.
#[test]
fn the_steps_are_numbered_as_they_happen() {
    let labs = ["echo-tcp", "echo-udp", "socketserver-demo"];
    let ascending = PROGRAMS
        .iter()
        .filter(|program| labs.contains(&program.package));
    for program in ascending {
        for side in [Side::Server, Side::Client] {
            for source in [rust_source(program, side), python_source(program, side)] {
                let numbers = steps(&source);
                let expected: Vec<_> = (1..=u32::try_from(numbers.len()).unwrap_or(0)).collect();
                assert!(numbers.len() > 2, "{}", source.display());
                assert_eq!(numbers, expected, "{}", source.display());
            }
        }
    }
}
