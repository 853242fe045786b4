//! Turns: so many at once, and who asks often waits for who asks seldom.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Gives turns, going round among those who wait.
#[derive(Debug, Clone)]
pub struct FairQueue {
    line: Arc<Mutex<Line>>,
}

#[derive(Debug)]
struct Line {
    free: usize,
    /// Those who wait, each with their own line, in the order of their turns.
    waiting: VecDeque<(IpAddr, VecDeque<oneshot::Sender<Turn>>)>,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub struct Turn {
    line: Arc<Mutex<Line>>,
}

fn locked(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    // Every change is whole before anything can panic.
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FairQueue {
    /// A queue of so many turns at once.
    pub fn new(turns: usize) -> Self {
        Self {
            line: Arc::new(Mutex::new(Line {
                free: turns,
                waiting: VecDeque::new(),
            })),
        }
    }

    /// Waits for a turn. Who stops waiting loses their place, nobody else's.
    pub async fn turn(&self, who: IpAddr) -> Turn {
        let waiting = {
            let mut line = locked(&self.line);
            if line.free > 0 {
                line.free -= 1;
                None
            } else {
                let (sender, receiver) = oneshot::channel();
                match line.waiting.iter_mut().find(|(other, _)| *other == who) {
                    Some((_, own)) => own.push_back(sender),
                    None => line.waiting.push_back((who, VecDeque::from([sender]))),
                }
                Some(receiver)
            }
        };
        match waiting {
            None => Turn {
                line: Arc::clone(&self.line),
            },
            Some(receiver) => match receiver.await {
                Ok(turn) => turn,
                // The line never drops a sender unanswered while it lives.
                Err(_) => Turn {
                    line: Arc::new(Mutex::new(Line {
                        free: 0,
                        waiting: VecDeque::new(),
                    })),
                },
            },
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut line = locked(&self.line);
        // The next of the asker whose turn it is; then that asker goes last.
        while let Some((who, mut own)) = line.waiting.pop_front() {
            let Some(sender) = own.pop_front() else {
                continue;
            };
            if !own.is_empty() {
                line.waiting.push_back((who, own));
            }
            if sender.is_closed() {
                continue;
            }
            drop(line);
            let turn = Turn {
                line: Arc::clone(&self.line),
            };
            // Whoever has just gone hands the turn on by dropping it.
            drop(sender.send(turn));
            return;
        }
        line.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn from(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
    }

    #[tokio::test]
    async fn one_who_asks_once_does_not_wait_for_one_who_asks_a_hundred_times() {
        let queue = FairQueue::new(1);
        let first = queue.turn(from(1)).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (who, number) in (0..100).map(|n| (1, n)).chain([(2, 0), (3, 0)]) {
            let (queue, order) = (queue.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let turn = queue.turn(from(who)).await;
                order.lock().expect("the order").push((who, number));
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.expect("a turn");
        }
        let order = order.lock().expect("the order");
        assert_eq!(order.len(), 102);
        assert_eq!(order[..3], [(1, 0), (2, 0), (3, 0)]);
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_no_turn_along() {
        let queue = FairQueue::new(1);
        let first = queue.turn(from(1)).await;
        let gone = {
            let queue = queue.clone();
            tokio::spawn(async move { queue.turn(from(2)).await })
        };
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.is_err());
        let after = {
            let queue = queue.clone();
            tokio::spawn(async move { drop(queue.turn(from(3)).await) })
        };
        tokio::task::yield_now().await;
        drop(first);
        after.await.expect("a turn");
        assert_eq!(locked(&queue.line).free, 1);
    }
}
