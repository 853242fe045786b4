//! What people carry away: the audit as a page, as JSON, as SARIF; the tables
//! set again as a workbook. Decides nothing; it shows what it is given.

pub mod dates;
pub mod report;
pub mod review;
pub mod table;
