//! Programs that break the promise, each in one place. A torture that does not
//! find them out proves nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gongkai_app::blobs::FileBlobs;
use gongkai_app::ports::{BlobError, Blobs, Doing};
use jiff::Timestamp;

/// The variable that turns a child into a mutant. Nothing else reads it.
pub const VARIABLE: &str = "GONGKAI_TORTURE_MUTANT";

/// A way to break the promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The answer goes out before COMMIT.
    AnswerBeforeCommit,
    /// Who changes a row does not look whether it is still what he saw.
    VersionNotChecked,
    /// The folder of a new file is not synced: after a power cut the file may
    /// have no name.
    FolderNotSynced,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::AnswerBeforeCommit,
        Self::VersionNotChecked,
        Self::FolderNotSynced,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeCommit => "answer before commit",
            Self::VersionNotChecked => "missing version check",
            Self::FolderNotSynced => "missing fsync of the folder",
        }
    }

    /// The one that this process is to be.
    pub fn of_environment() -> Option<Self> {
        let named = std::env::var(VARIABLE).ok()?;
        Self::ALL.into_iter().find(|mutant| mutant.name() == named)
    }
}

/// Blobs as files, without the last step.
#[derive(Debug)]
pub struct FolderNotSynced {
    root: PathBuf,
    sound: FileBlobs,
}

impl FolderNotSynced {
    /// Blobs below a folder.
    pub fn new(root: PathBuf) -> Self {
        let sound = FileBlobs::new(&root);
        Self { root, sound }
    }

    fn write(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.root.join(&digest[..2]);
        fs::create_dir_all(&folder)?;
        let place = folder.join(digest);
        let unfinished = place.with_extension("part");
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &place as &Path)
    }
}

impl Blobs for FolderNotSynced {
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>> {
        let done = self.write(digest, bytes);
        let done = done.map_err(|error| BlobError::Failed(error.to_string()));
        Box::pin(std::future::ready(done))
    }

    fn get<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<Vec<u8>, BlobError>> {
        self.sound.get(digest)
    }

    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>> {
        self.sound.list()
    }

    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>> {
        self.sound.remove(digest)
    }
}
