//! The data folder on disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gongkai_app::ports::{DataFolder, FolderError};

/// A folder on disk; made when something is first written.
#[derive(Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// The folder asked for, else the user's own data folder.
    pub fn new(asked: Option<&Path>) -> Self {
        let root = asked.map_or_else(
            || {
                let home = || std::env::var_os("HOME").map(PathBuf::from);
                std::env::var_os("XDG_DATA_HOME")
                    .map(PathBuf::from)
                    .or_else(|| home().map(|home| home.join(".local/share")))
                    .unwrap_or_else(|| PathBuf::from("."))
                    .join("gongkai")
            },
            Path::to_path_buf,
        );
        Self { root }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }
}

fn failed(name: &str) -> impl FnOnce(io::Error) -> FolderError + '_ {
    move |source| FolderError {
        name: name.to_owned(),
        source,
    }
}

impl DataFolder for DiskFolder {
    fn read(&self, name: &str) -> Result<Option<String>, FolderError> {
        match fs::read_to_string(self.root.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(name)(error)),
        }
    }

    fn write(&self, name: &str, content: &str) -> Result<(), FolderError> {
        let path = self.root.join(name);
        let write = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder)?;
            let mut unfinished = tempfile::Builder::new()
                .suffix(".part")
                .make_in(folder, |path| File::create_new(path))?;
            unfinished.write_all(content.as_bytes())?;
            unfinished.as_file().sync_all()?;
            unfinished.persist(&path).map_err(|error| error.error)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(failed(name))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FolderError> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(folder)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed(folder))?.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".json") {
                names.push(format!("{folder}/{name}"));
            }
        }
        names.sort();
        Ok(names)
    }
}
