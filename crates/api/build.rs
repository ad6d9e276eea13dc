//! Compiles all of `proto/` into messages, services and a descriptor set.
//!
//! protox is a protobuf compiler in Rust, so a fresh machine needs no `protoc`. The descriptor set is written with
//! protox's own encoder: a pass through `prost_types::FileDescriptorSet` drops what it has no field for, and
//! `google.api.http`, which `transcode` lives on, is such an option.

use std::{
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let proto = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", proto.display());

    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true).open_files(files(&proto)?)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    // Comments become the documentation of the generated types; at run time only tests read them.
    let client = env::var_os("CARGO_FEATURE_CLIENT").is_some();
    let described = compiler.include_source_info(true).file_descriptor_set();
    if client {
        fs::write(out.join("commented.bin"), compiler.encode_file_descriptor_set())?;
    }
    tonic_prost_build::configure()
        .build_client(client)
        // A method that is not written yet answers UNIMPLEMENTED.
        .generate_default_stubs(true)
        // Ordered, so that equal errors have equal bytes.
        .btree_map(".")
        .include_file("packages.rs")
        .compile_fds(described)?;
    Ok(())
}

/// Every `.proto` file in a folder and below, in one order everywhere.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "proto") {
            found.push(path);
        }
    }
    Ok(found)
}
