//! A reader of strangers' files in the test's own process, for tests that look
//! at something else than the walls around it.

use std::io::Read;

use gongkai_app::Limits;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, carry_out};

/// Reads where it is asked.
#[derive(Debug, Clone, Copy)]
pub struct InProcess;

impl Reader for InProcess {
    fn carry_out(&self, order: Order, bytes: Vec<Bytes>) -> Answering<'_> {
        let empty: Bytes = Box::new(std::io::empty());
        let mut all = bytes
            .into_iter()
            .fold(empty, |all, next| Box::new(all.chain(next)));
        let answer = carry_out(&order, &mut all, &Limits::default(), &|| false);
        Box::pin(std::future::ready(answer))
    }
}
