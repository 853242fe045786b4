-- Remedies are set outcome by outcome; they were set by three groups of letters.
insert into settings (name, value, version, changed_at, changed_by)
select new.name, old.value, old.version, old.changed_at, old.changed_by
from settings old
join (
    select 'letters.remedy_unable' as was, 'letters.remedy.special_access_law' as name
    union all select 'letters.remedy_unable', 'letters.remedy.archives_law'
    union all select 'letters.remedy_unable', 'letters.remedy.not_exist'
    union all select 'letters.remedy_unable', 'letters.remedy.not_ours'
    union all select 'letters.remedy_unable', 'letters.remedy.needs_processing'
    union all select 'letters.remedy_unable', 'letters.remedy.still_unclear'
    union all select 'letters.remedy_unprocessed', 'letters.remedy.petition'
    union all select 'letters.remedy_unprocessed', 'letters.remedy.duplicate'
    union all select 'letters.remedy_unprocessed', 'letters.remedy.publication'
    union all select 'letters.remedy_unprocessed', 'letters.remedy.excessive'
    union all select 'letters.remedy_unprocessed', 'letters.remedy.confirm_or_reissue'
    union all select 'letters.remedy_closed', 'letters.remedy.abandoned_supplement'
    union all select 'letters.remedy_closed', 'letters.remedy.abandoned_fee'
    union all select 'letters.remedy_closed', 'letters.remedy.consultation_not_foi'
    union all select 'letters.remedy_closed', 'letters.remedy.other'
) new on new.was = old.name;

delete from settings
where name in ('letters.remedy_unable', 'letters.remedy_unprocessed', 'letters.remedy_closed');
