//! A page: its path from the root, its text, and what checks need of it.
use plumbline_tests::artifacts::workspace;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub struct Page {
    /// From the workspace's root.
    pub path: PathBuf,
    pub text: String,
}

impl Page {
    pub fn at(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        let text = read(&path).unwrap_or_else(|| panic!("{}: there is no such page", path.display()));
        Self { path, text }
    }

    /// Every Markdown page of the repository.
    pub fn all() -> Vec<Self> {
        let mut found = Vec::new();
        collect(Path::new(""), &mut found);
        found.into_iter().map(Self::at).collect()
    }

    /// Those of a folder, in the order of their names.
    pub fn within(folder: &str) -> Vec<Self> {
        let mut pages = Self::all();
        pages.retain(|page| page.path.starts_with(folder));
        pages.sort_by(|one, other| one.path.cmp(&other.path));
        pages
    }

    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Its lines outside fenced code.
    pub fn prose(&self) -> impl Iterator<Item = &str> {
        let mut code = false;
        self.text.lines().filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            code ^= fence;
            !code && !fence
        })
    }

    /// What its headings are linked by: lower case, without punctuation, spaces as hyphens.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
    }

    /// What stands between backticks.
    pub fn quoted(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split('`').skip(1).step_by(2))
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// A file's text, by its path from the root.
pub fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(workspace().join(path)).ok()
}

/// Markdown below a folder, but for what is built, installed or hidden.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(workspace().join(folder)).unwrap().flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), folder.join(entry.file_name()));
        let ours = !name.starts_with('.') && !matches!(&*name, "target" | "node_modules");
        if ours && entry.file_type().unwrap().is_dir() {
            collect(&path, found);
        } else if ours && name.ends_with(".md") {
            found.push(path);
        }
    }
}
