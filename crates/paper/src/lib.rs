//! What people carry away: the audit as a page, as JSON, as SARIF; the tables
//! set again as a workbook; a case with all its papers. Decides nothing; it shows what it is given.

pub mod dates;
pub mod dossier;
pub mod report;
pub mod review;
pub mod table;
