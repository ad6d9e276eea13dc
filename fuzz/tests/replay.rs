//! Every target takes every file of its corpus.

use std::{
    collections::BTreeSet,
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use fuzz::TARGETS;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

#[test]
fn what_was_found_stays_mended() {
    for (name, run) in TARGETS {
        let folder = corpus().join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut count = 0;
        for file in files {
            let path = file.expect("the folder can be listed").path();
            let data = fs::read(&path).expect("the file can be read");
            // What it panicked with was told by then.
            assert!(catch_unwind(|| run(&data)).is_ok(), "{}", path.display());
            count += 1;
        }
        assert!(
            count > 0,
            "{}: a target without a corpus is not tested",
            folder.display()
        );
    }
}

#[test]
fn every_corpus_has_its_target() {
    let folders = fs::read_dir(corpus()).expect("there is a corpus");
    let folders: BTreeSet<String> = folders
        .map(|folder| folder.expect("it can be listed").file_name().display().to_string())
        .collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets);
}
