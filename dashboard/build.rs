//! Builds the web application with Node and writes the table of its files, which `web.rs` includes.
//!
//! `PLENUM_WEB_DIST=DIR` takes a built copy instead, for machines without Node. `npm ci` runs only when the lockfile has
//! changed, under a lock, because several builds may share one checkout.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What Vite asks for.
const NODE: (u32, u32) = (20, 19);

/// What the application is built from, below `dashboard/web`; `node_modules` is not among it.
const SOURCES: [&str; 9] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("the web application was not built: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let web = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("web");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PLENUM_WEB_DIST");
    let table = out.join("web_files.rs");
    if std::env::var_os("CARGO_FEATURE_WEB").is_none() {
        return write(&table, "&[]");
    }
    // Set to nothing is not set: scripts hand variables on that way.
    let copy = std::env::var_os("PLENUM_WEB_DIST").filter(|copy| !copy.is_empty());
    let built = match copy {
        Some(copy) => {
            let copy = PathBuf::from(copy);
            println!("cargo::rerun-if-changed={}", copy.display());
            if !copy.join("index.html").is_file() {
                return Err(format!("PLENUM_WEB_DIST={}: has no index.html", copy.display()));
            }
            copy
        }
        None => {
            for source in SOURCES {
                if web.join(source).exists() {
                    println!("cargo::rerun-if-changed={}", web.join(source).display());
                }
            }
            check_node()?;
            install(&web)?;
            build(&web, &out.join("web"))?
        }
    };
    write(&table, &table_of(&built)?)
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn check_node() -> Result<(), String> {
    let advice = format!(
        "it needs Node 22 or newer with npm ({}.{} still works). Install it from https://nodejs.org or with your distribution's package \
         manager, or set PLENUM_WEB_DIST to a folder with a built copy, or build with --no-default-features for the API alone",
        NODE.0, NODE.1
    );
    let output = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|error| format!("node: {error}; {advice}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut numbers = text.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= NODE => Ok(()),
        _ => Err(format!("this is node {text}; {advice}")),
    }
}

/// Installs the packages if the lockfile is not the one they were installed from.
fn install(web: &Path) -> Result<(), String> {
    let lock_path = web.join(".build-lock");
    let lock = fs::File::create(&lock_path).map_err(|error| format!("{}: {error}", lock_path.display()))?;
    lock.lock()
        .map_err(|error| format!("{}: {error}", lock_path.display()))?;
    let lockfile = web.join("package-lock.json");
    let text = fs::read(&lockfile).map_err(|error| format!("{}: {error}", lockfile.display()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let wanted = format!("{:016x}", hasher.finish());
    let stamp = web.join("node_modules/.installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(web, &["ci", "--include=dev", "--no-audit", "--no-fund"])?;
    write(&stamp, &wanted)
}

fn build(web: &Path, out: &Path) -> Result<PathBuf, String> {
    let out_text = out
        .to_str()
        .ok_or_else(|| format!("{}: is not UTF-8", out.display()))?;
    npm(
        web,
        &[
            "exec",
            "--offline",
            "--",
            "vite",
            "build",
            "--outDir",
            out_text,
            "--emptyOutDir",
            "--logLevel",
            "warn",
        ],
    )?;
    if out.join("index.html").is_file() {
        Ok(out.to_owned())
    } else {
        Err(format!("{}: vite wrote no index.html", out.display()))
    }
}

fn npm(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let shown = format!("npm {}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .current_dir(web)
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`{shown}` in {} ended with {}:\n{}{}",
        web.display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// The files as a Rust expression: `&[(path, bytes), ...]`, by path.
fn table_of(built: &Path) -> Result<String, String> {
    let mut files = Vec::new();
    collect(built, built, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in files {
        writeln!(
            table,
            "    ({name:?}, include_bytes!({:?})),",
            path.display().to_string()
        )
        .map_err(|error| error.to_string())?;
    }
    table.push(']');
    Ok(table)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), String> {
    let error = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name: Vec<_> = path
                .strip_prefix(root)
                .map_err(|error| error.to_string())?
                .components()
                .map(|component| component.as_os_str().to_string_lossy())
                .collect();
            let absolute = fs::canonicalize(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            files.push((name.join("/"), absolute));
        }
    }
    Ok(())
}
