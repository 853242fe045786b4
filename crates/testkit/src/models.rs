//! Databases with the present layout: made once in a run, and copied for each test.

use std::os::unix::process::parent_id;

use gongkai_store::{Db, Engine, Migrations, Options};

use crate::database::{Cluster, Folder, empty, gone_with, locked, of_run, own_name};

fn name(migrations: Migrations) -> &'static str {
    match migrations {
        Migrations::Main => "model_main",
        Migrations::Keys => "model_keys",
    }
}

async fn lay_out(options: &Options, migrations: Migrations) {
    let db = Db::open_migrated(options, migrations).await;
    db.expect("a database").close().await;
}

/// A copy in a file of its own.
///
/// # Panics
/// If it cannot be made.
pub async fn copy_of_file(folder: &Folder, migrations: Migrations) -> Options {
    let models = of_run("sqlite");
    let model = models.join(name(migrations));
    {
        let _lock = locked(&models);
        if !models.exists() {
            std::fs::create_dir(&models).expect("a folder");
            gone_with(parent_id(), "", &models);
        }
        if !model.exists() {
            let unfinished = models.join(own_name());
            let url = format!("sqlite:{}", unfinished.display());
            lay_out(&Options::new(url), migrations).await;
            std::fs::rename(unfinished, &model).expect("a model");
        }
    }
    let own = empty(Engine::Sqlite, folder);
    let file = own.url.strip_prefix("sqlite:").expect("a file");
    std::fs::copy(model, file).expect("a copy");
    own
}

/// A copy in a server that the tests of a run share; its name.
///
/// # Panics
/// If it cannot be made.
pub async fn copy_in(cluster: &Cluster, migrations: Migrations) -> String {
    let model = name(migrations);
    let made = cluster.beside(model);
    {
        let _lock = locked(&made);
        if !made.exists() {
            lay_out(&Options::new(cluster.database(model)), migrations).await;
            std::fs::write(&made, "").expect("a sign");
        }
    }
    let copy = own_name();
    cluster.create(&copy, &["-S", "file_copy", "-T", model]);
    copy
}
