//! What the use cases need from outside.

/// A folder of small files that outlive a run: loaded calendars, a human's
/// verdicts. The store takes its place when it exists.
pub trait DataFolder {
    /// The content of a file, or `None` where there is none.
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be read.
    fn read(&self, name: &str) -> Result<Option<String>, FolderError>;

    /// Replaces a file whole; after a crash it holds the old or the new
    /// content, nothing between.
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be written.
    fn write(&self, name: &str, content: &str) -> Result<(), FolderError>;

    /// Names of the files below a folder, sorted.
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<String>, FolderError>;
}

/// A file of the data folder could not be used.
#[derive(Debug, thiserror::Error)]
#[error("data folder, file {name}")]
pub struct FolderError {
    /// Which file.
    pub name: String,
    /// Why.
    #[source]
    pub source: std::io::Error,
}
