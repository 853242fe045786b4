//! The press of a house: fonts that are read when first needed, and work that
//! keeps no other waiting.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use gongkai_domain::letters::compose::Letter;
use gongkai_press::sheet::Sheet;
use gongkai_press::{Fonts, PressError, letter, sheet};
use tokio::sync::Semaphore;

/// Where letters are set. Clones of a house share one.
#[derive(Debug)]
pub struct Press {
    folders: Vec<PathBuf>,
    fonts: Mutex<Option<Arc<Fonts>>>,
    /// As many are set at once as there are processors: the others wait without their
    /// pages in memory.
    turns: Arc<Semaphore>,
}

impl Default for Press {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Press {
    /// A press with the fonts of these folders; an earlier folder's come first.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            folders,
            fonts: Mutex::default(),
            turns: Arc::new(Semaphore::new(processors)),
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
        self.in_turn(move || work(&*press.fonts()?)).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PressError> + Send + 'static,
    ) -> Result<T, PressError> {
        let failed = |error: &dyn std::error::Error| PressError::Failed(error.to_string());
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| failed(&error))?;
        // Work goes on where who asked for it went away, and keeps its turn so long.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|error| failed(&error))?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn no_more_letters_are_set_at_once_than_there_are_processors() {
        let press = Arc::new(Press::default());
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..64).map(|_| {
            let (press, inside, most) =
                (Arc::clone(&press), Arc::clone(&inside), Arc::clone(&most));
            tokio::spawn(async move {
                let set = move || {
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    (0..1000).for_each(|_| std::thread::yield_now());
                    inside.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                };
                press.in_turn(set).await
            })
        });
        for work in works.collect::<Vec<_>>() {
            work.await.expect("ended").expect("set");
        }
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let most = most.load(Ordering::SeqCst);
        assert!(most <= processors, "{most} at once on {processors}");
    }
}
