//! The press of a house: fonts that are read when first needed, and work that
//! keeps no other waiting.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use gongkai_domain::letters::compose::Letter;
use gongkai_press::sheet::Sheet;
use gongkai_press::{Fonts, PressError, letter, sheet};

/// Where letters are set. Clones of a house share one.
#[derive(Debug, Default)]
pub struct Press {
    folders: Vec<PathBuf>,
    fonts: Mutex<Option<Arc<Fonts>>>,
}

impl Press {
    /// A press with the fonts of these folders; an earlier folder's come first.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self {
            folders,
            fonts: Mutex::default(),
        }
    }

    /// Where fonts are looked for, in order.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The fonts; read once. Where some are missing it is looked again the next
    /// time, so that they may be put there meanwhile.
    ///
    /// # Errors
    /// [`PressError::NoFonts`], [`PressError::NoFace`].
    pub fn fonts(&self) -> Result<Arc<Fonts>, PressError> {
        let mut place = self.fonts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fonts) = &*place {
            return Ok(Arc::clone(fonts));
        }
        let fonts = Arc::new(Fonts::read(&self.folders)?);
        *place = Some(Arc::clone(&fonts));
        Ok(fonts)
    }

    /// A letter as PDF, set on a thread of its own.
    ///
    /// # Errors
    /// [`PressError`].
    pub async fn letter(self: &Arc<Self>, letter: Letter) -> Result<Vec<u8>, PressError> {
        self.apart(move |fonts| letter::pdf(fonts, &letter)).await
    }

    /// Whether every character of a letter can be printed.
    ///
    /// # Errors
    /// [`PressError::NoGlyph`] with the first that cannot.
    pub async fn covers(self: &Arc<Self>, letter: Letter) -> Result<(), PressError> {
        self.apart(move |fonts| letter::covered(fonts, &letter))
            .await
    }

    /// A report as PDF; for commands, which wait.
    ///
    /// # Errors
    /// [`PressError`].
    pub fn sheet(&self, sheet: &Sheet) -> Result<Vec<u8>, PressError> {
        sheet::pdf(&*self.fonts()?, sheet)
    }

    async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Fonts) -> Result<T, PressError> + Send + 'static,
    ) -> Result<T, PressError> {
        let press = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&*press.fonts()?)).await;
        done.map_err(|error| PressError::Failed(error.to_string()))?
    }
}
