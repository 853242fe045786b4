//! Why a command stopped, in words for the user.

use gongkai_domain::words::{Message, Words};

/// A failure that the user is told of; the exit code is 2.
#[derive(Debug)]
pub struct Failure {
    /// The file it is about, shown in front.
    file: Option<String>,
    message: Message,
}

impl Failure {
    pub fn new(message: Message) -> Self {
        Self {
            file: None,
            message,
        }
    }

    /// Something is wrong in a file.
    pub fn in_file(path: &std::path::Path, message: Message) -> Self {
        Self {
            file: Some(path.display().to_string()),
            message,
        }
    }

    /// A file could not be read or written.
    pub fn file(id: &'static str, path: &std::path::Path, reason: &impl ToString) -> Self {
        Self::in_file(path, Message::new(id).with("reason", reason.to_string()))
    }

    /// What it says, without the file.
    pub fn into_message(self) -> Message {
        self.message
    }

    pub fn text(&self, words: &Words) -> String {
        let message = words.render(&self.message);
        match &self.file {
            Some(file) => format!("{file}: {message}"),
            None => message,
        }
    }
}

impl From<gongkai_app::ports::FolderError> for Failure {
    fn from(error: gongkai_app::ports::FolderError) -> Self {
        Self::new(
            Message::new("folder-failed")
                .with("name", &error.name)
                .with("reason", &error.source),
        )
    }
}

impl From<gongkai_app::calendar::CalendarLoadError> for Failure {
    fn from(error: gongkai_app::calendar::CalendarLoadError) -> Self {
        Self::new(error.message())
    }
}

impl From<gongkai_domain::requests::clock::ClockError> for Failure {
    fn from(error: gongkai_domain::requests::clock::ClockError) -> Self {
        Self::new(error.message())
    }
}

impl From<gongkai_domain::calendar::CalendarError> for Failure {
    fn from(error: gongkai_domain::calendar::CalendarError) -> Self {
        Self::new(error.message())
    }
}

impl From<gongkai_domain::requests::fees::CountTooLarge> for Failure {
    fn from(error: gongkai_domain::requests::fees::CountTooLarge) -> Self {
        Self::new(error.message())
    }
}
