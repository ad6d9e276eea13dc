//! Finds the built web client for rust-embed, or puts a page in its place that says how to build it.
//!
//! It never runs npm: a build that fetches packages behind the builder's back breaks packagers and is a risk to all. `cargo
//! xtask` builds the client into `web/dist`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Sederunt</title>
<h1>Sederunt</h1>
<p>The server runs, but it was built without its web client. Build both with <code>cargo xtask run</code>.</p>
</html>
";

fn main() -> io::Result<()> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // A folder that is not there cannot be watched: cargo would run this script, and so compile the crate, every time.
    fs::create_dir_all(&built)?;
    println!("cargo:rerun-if-changed={}", built.display());
    let folder = if built.join("index.html").is_file() {
        built.canonicalize()?
    } else {
        let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("web");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("index.html"), PLACEHOLDER)?;
        folder
    };
    println!("cargo:rustc-env=SEDERUNT_WEB_CLIENT={}", folder.display());
    Ok(())
}
