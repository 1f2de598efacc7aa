-- Who may see and write which rows. Applied after every migration, in one transaction; safe to repeat.
-- The web connects as throughline_web, workers as throughline_worker: neither is superuser nor owner of anything.
-- The viewer of a transaction is set by set_config('app.person' | 'app.engagement' | 'app.door', …, true).

create schema if not exists app;

create or replace function app.person() returns uuid language sql stable
  as $$ select nullif(current_setting('app.person', true), '')::uuid $$;
-- Set when the viewer acts through a token: nothing outside this engagement exists for it.
create or replace function app.only_engagement() returns uuid language sql stable
  as $$ select nullif(current_setting('app.engagement', true), '')::uuid $$;
-- 'auth': the code that checks passwords, sessions and tokens. 'job': a job's own token.
create or replace function app.door() returns text language sql stable
  as $$ select coalesce(current_setting('app.door', true), '') $$;

create or replace function app.is_staff() returns boolean language sql stable security definer set search_path = public, pg_temp
  as $$ select exists (select 1 from memberships where person_id = app.person() and organisation_kind = 'consultancy') $$;
create or replace function app.is_executive() returns boolean language sql stable security definer set search_path = public, pg_temp
  as $$ select exists (select 1 from memberships where person_id = app.person() and organisation_kind = 'consultancy' and role in ('owner', 'executive')) $$;
create or replace function app.is_firm_admin() returns boolean language sql stable security definer set search_path = public, pg_temp
  as $$ select exists (select 1 from memberships where person_id = app.person() and organisation_kind = 'consultancy' and role in ('owner', 'admin')) $$;
create or replace function app.organisation() returns uuid language sql stable security definer set search_path = public, pg_temp
  as $$ select organisation_id from persons where id = app.person() $$;

-- Every engagement that exists for the viewer, in one array, computed once per statement. Every policy asks it, so the
-- usual answer, a token's holder with a seat, comes first; plpgsql keeps the plans.
create or replace function app.engagements() returns uuid[] language plpgsql stable security definer set search_path = public, pg_temp
  as $$
  declare
    who constant uuid := nullif(current_setting('app.person', true), '')::uuid;
    only_one constant uuid := nullif(current_setting('app.engagement', true), '')::uuid;
  begin
    if who is null then
      return case when only_one is not null and current_setting('app.door', true) = 'job' then array[only_one] else '{}'::uuid[] end;
    end if;
    if only_one is not null and exists (
      select 1 from seats s where s.engagement_id = only_one and s.person_id = who and s.vacated_at is null
    ) then
      return array[only_one];
    end if;
    return coalesce((
      select array_agg(e.id) from engagements e
      where (only_one is null or e.id = only_one)
        and (
          exists (select 1 from seats s where s.engagement_id = e.id and s.person_id = who and s.vacated_at is null)
          or exists (
            select 1 from seat_delegations g join seats s on s.id = g.seat_id and s.person_id = g.from_person_id
            where g.engagement_id = e.id and g.to_person_id = who and g.ended_at is null and g.until > now()
          )
          or (e.created_by = who and app.is_staff())
          or app.is_executive()
        )
    ), '{}'::uuid[]);
  end $$;

create or replace function app.organisations() returns uuid[] language sql stable security definer set search_path = public, pg_temp
  as $$
    select coalesce(array_agg(distinct o.id), '{}'::uuid[]) from organisations o
    where app.person() is not null and (
      app.is_staff() or o.id = app.organisation()
      or o.kind = 'consultancy'
    )
  $$;

-- People the viewer may know of: for staff everybody; for others colleagues, whoever sits or sat at the viewer's tables, and
-- whoever decided something there, planned a meeting with them, corrected its minutes or marked their checklist.
create or replace function app.persons() returns uuid[] language sql stable security definer set search_path = public, pg_temp
  as $$
    select case
      when app.person() is null then '{}'::uuid[]
      when app.is_staff() then coalesce((select array_agg(id) from persons), '{}'::uuid[])
      else coalesce((
        select array_agg(id) from (
          select id from persons where organisation_id = app.organisation()
          union select person_id from seats where engagement_id = any (app.engagements()) and person_id is not null
          union select person_id from seat_holders where engagement_id = any (app.engagements())
          union select to_person_id from seat_delegations where engagement_id = any (app.engagements())
          union select created_by from engagements where id = any (app.engagements())
          union select decided_by from decision_records where engagement_id = any (app.engagements())
          union select planned_by from meetings where engagement_id = any (app.engagements()) and audience = 'shared'
          union select written_by from meeting_corrections where engagement_id = any (app.engagements()) and audience = 'shared'
          union select marked_by from checklist_marks where engagement_id = any (app.engagements())
        ) known
      ), '{}'::uuid[])
    end
  $$;

-- The queue's one entry for the web and the workers: a task, in the caller's transaction.
create or replace function app.enqueue(task text, payload json, key text default null, run_at timestamptz default null)
  returns void language sql security definer set search_path = graphile_worker, pg_temp
  as $$
    select graphile_worker.add_job(task, payload, job_key => key, run_at => coalesce(run_at, now()), max_attempts => 8)
  $$;

-- The state of a token's engagement, for the code that checks tokens: nobody is the viewer yet.
create or replace function app.state_at_the_door(engagement uuid) returns text language sql stable security definer set search_path = public, pg_temp
  as $$ select state from engagements where id = engagement and app.door() = 'auth' $$;

-- The name of the person who asked for a job, for the job itself, which sees no persons.
create or replace function app.requester_of(job uuid) returns text language sql stable security definer set search_path = public, pg_temp
  as $$
    select p.name from jobs j join persons p on p.id = j.requested_by where j.id = job and j.engagement_id = any (app.engagements())
  $$;

-- The organisation whose decision chain an engagement belongs to.
create or replace function app.chain_of(engagement uuid) returns uuid language sql stable security definer set search_path = public, pg_temp
  as $$ select client_organisation_id from engagements where id = engagement and id = any (app.engagements()) $$;

-- The hashes of an organisation's chain up to the last decision by `until`, for a viewer who may see one of its engagements:
-- nothing of what other engagements decided is told, and the chain can still be followed from end to end.
create or replace function app.chain(organisation uuid, until timestamptz) returns table (seq bigint, prev_hash text, hash text)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select d.seq, d.prev_hash, d.hash from decision_records d
    where d.organisation_id = organisation
      and d.seq <= (select max(l.seq) from decision_records l where l.organisation_id = organisation and l.at <= until)
      and exists (select 1 from engagements e where e.client_organisation_id = organisation and e.id = any (app.engagements()))
    order by d.seq
  $$;

-- Tokens of our people that still open something in an engagement: its own side may always know; a client from the
-- hand-over on, and never how a token is called.
create or replace function app.standing_tokens(engagement uuid, at timestamptz)
  returns table (holder text, scopes text[], created_at timestamptz, expires_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select p.name, t.scopes, t.created_at, t.expires_at
    from api_tokens t join engagements e on e.id = t.engagement_id
    join persons p on p.id = t.person_id join organisations o on o.id = p.organisation_id
    where e.id = engagement and e.id = any (app.engagements()) and o.kind = 'consultancy'
      and (app.is_staff() or e.state in ('handover', 'operate', 'closed'))
      and t.created_at <= at and t.expires_at > at and (t.revoked_at is null or t.revoked_at > at)
    order by t.created_at, t.id
  $$;

-- A firing for each schedule that waits for versions of a dataset, once for each version, whoever brings it: schedules are
-- the team's, and what they wait for may be brought by the client.
create or replace function app.raise_trigger(engagement uuid, wanted text, dataset uuid, version uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$
    insert into schedule_firings (id, engagement_id, schedule_id, key, fire_at, dataset_version_id, state, at)
    select gen_random_uuid(), s.engagement_id, s.id, 'dataset:' || version, raise_trigger.at, version, 'waiting', raise_trigger.at
    from schedules s
    where s.engagement_id = engagement and engagement = any (app.engagements()) and s.watched_dataset_id = dataset
      and s.trigger = wanted and s.paused_at is null
    on conflict (schedule_id, key) do nothing
  $$;

-- A model that one engagement lends to another. Neither side's rows name the other: these functions are the only way
-- across, and tell no more than what was lent.

-- The engagement behind a code, for somebody of ours who lends to it; null for anybody else, and for a code of nothing.
create or replace function app.engagement_by_code(wanted text) returns table (id uuid, client uuid, state text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select e.id, e.client_organisation_id, e.state from engagements e where e.code = wanted and app.is_staff() $$;

-- What the engagements of the viewer borrow. The words of the card only where they were lent, too.
create or replace function app.borrowed() returns table (grant_id uuid, engagement_id uuid, slug text, model_name text, scope text,
    borrower text, purpose text, state text, granted_at timestamptz, expires_at timestamptz, ended_at timestamptz, live_version integer, card text)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select g.id, t.to_engagement_id, e.slug, m.name, g.scope, g.borrower, g.purpose, g.state, g.granted_at, g.expires_at, g.ended_at,
      v.version, case when g.scope = 'predict_and_card' and g.state = 'active' and g.expires_at > now() then v.description end
    from reuse_targets t join reuse_grants g on g.id = t.grant_id join endpoints e on e.id = g.endpoint_id
    join registered_models m on m.id = e.model_id
    left join deployments d on d.endpoint_id = e.id and d.state = 'live' left join model_versions v on v.id = d.model_version_id
    where t.to_engagement_id = any (app.engagements()) and g.active_at is not null
    order by g.granted_at desc, g.id
  $$;

-- The revisions behind a borrowed slug that take requests, one row for each, with the newest grant to an engagement of the viewer.
create or replace function app.borrowed_served(wanted text) returns table (grant_id uuid, to_engagement_id uuid, grant_state text,
    expires_at timestamptz, state text, deployment_id uuid, revision integer, mode text, traffic_percent integer,
    model_version_id uuid, model_name text, model_version integer)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    with lent as (
      select g.id, t.to_engagement_id, g.state, g.expires_at, g.endpoint_id from reuse_targets t
      join reuse_grants g on g.id = t.grant_id join endpoints e on e.id = g.endpoint_id
      where e.slug = wanted and t.to_engagement_id = any (app.engagements()) and g.active_at is not null
      order by (g.state = 'active') desc, g.expires_at desc limit 1
    )
    select lent.id, lent.to_engagement_id, lent.state, lent.expires_at, d.state, d.id, d.revision, d.mode,
      d.traffic_percent, d.model_version_id, m.name, v.version
    from lent join deployments d on d.endpoint_id = lent.endpoint_id and d.state in ('live', 'candidate')
    join model_versions v on v.id = d.model_version_id join registered_models m on m.id = v.model_id
  $$;

-- How much was asked under each of some grants, for whoever lent them.
create or replace function app.lent_calls(given uuid[]) returns table (grant_id uuid, asked bigint, refused bigint)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select g.id, sum(c.asked), sum(c.refused) from borrowed_calls c
    join reuse_grants g on g.id = c.grant_id where g.id = any (given) and g.engagement_id = any (app.engagements()) group by g.id
  $$;

-- Tell the borrowing engagement what becomes of a grant, from the owner's side, which does not see it. The words say nothing
-- of the owner.
create or replace function app.tell_borrower(given uuid, words text, at timestamptz) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$
    insert into events (kind, engagement_id, subject_id, summary, detail, person_id, actor_name, at)
    select 'reuse.received', t.to_engagement_id, g.id, words, '{}', null, 'Throughline', tell_borrower.at
    from reuse_targets t join reuse_grants g on g.id = t.grant_id
    where g.id = given and g.engagement_id = any (app.engagements())
  $$;

create or replace function app.refuse_change() returns trigger language plpgsql
  as $$ begin raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege'; end $$;

-- What was sent for signature is frozen: its text and hash never change, and it is never deleted.
create or replace function app.keep_published() returns trigger language plpgsql
  as $$
  begin
    if tg_op = 'DELETE' then
      raise exception 'a published version is never deleted' using errcode = 'insufficient_privilege';
    end if;
    if new.content is distinct from old.content or new.document is distinct from old.document
      or new.content_hash is distinct from old.content_hash or new.version is distinct from old.version
      or new.created_by is distinct from old.created_by or new.created_at is distinct from old.created_at
      or new.engagement_id is distinct from old.engagement_id
      or (old.agreed_at is not null and new.agreed_at is distinct from old.agreed_at)
      or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
      raise exception 'a published version never changes' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end $$;

-- What a meeting said, decided and took on stands when it was held or cancelled: corrections are added beside it.
create or replace function app.keep_ended_meeting() returns trigger language plpgsql
  as $$ begin raise exception 'a meeting that has ended never changes' using errcode = 'insufficient_privilege'; end $$;
create or replace function app.keep_ended_points() returns trigger language plpgsql security definer set search_path = public, pg_temp
  as $$
  declare
    -- Where a row was and where it would be: none is taken out of a meeting that has ended, nor put into one.
    touched constant uuid[] := case tg_op
      when 'DELETE' then array[old.meeting_id] when 'INSERT' then array[new.meeting_id] else array[old.meeting_id, new.meeting_id]
    end;
  begin
    if exists (select from unnest(touched) it where not exists (select from meetings m where m.id = it and m.state = 'planned')) then
      raise exception 'the minutes of a meeting that has ended never change' using errcode = 'insufficient_privilege';
    end if;
    return case tg_op when 'DELETE' then old else new end;
  end $$;

-- A hand-over that was sent is what the client read and signed.
create or replace function app.keep_sent_handover() returns trigger language plpgsql
  as $$ begin raise exception 'a hand-over that was sent never changes' using errcode = 'insufficient_privilege'; end $$;

revoke all on schema public from public;
revoke all on all functions in schema app from public;
grant usage on schema public, app to throughline_web, throughline_worker;
grant execute on all functions in schema app to throughline_web, throughline_worker;

do $$
declare
  t record;
  append_only constant text[] := array['decision_records', 'evidence_snapshots', 'decision_checkpoints', 'events', 'evaluations', 'criterion_reports', 'registry_moves',
    'deliverable_versions', 'team_comments', 'shared_comments', 'acknowledgements', 'meeting_corrections', 'external_events',
    'checklist_marks', 'gate_switches', 'retraining_moves', 'environments', 'environment_versions', 'environment_packages'];
  -- Rows that only our own side may see or write, whoever sits at the table.
  team_only constant text[] := array['work_entries', 'jobs', 'job_logs', 'api_tokens', 'team_comments', 'schedules', 'schedule_firings', 'reuse_targets',
    'environments', 'environment_versions', 'environment_packages'];
  -- Texts that are the team's own while they are written, and the client's, too, from the moment they are sent.
  private_until_sent constant text[] := array['problem_statements', 'criterion_versions'];
  p record;
  condition text;
begin
  for t in select c.relname as name,
                  exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'engagement_id' and not a.attisdropped) as has_engagement,
                  -- Rows with an audience: what is the team's is not there for a client.
                  exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'audience' and not a.attisdropped) as has_audience
           from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table public.%I enable row level security', t.name);
    for p in select polname from pg_policy where polrelid = format('public.%I', t.name)::regclass loop
      execute format('drop policy %I on public.%I', p.polname, t.name);
    end loop;
    execute format('revoke all on public.%I from throughline_web, throughline_worker', t.name);
    execute format('create policy workers_see_all on public.%I to throughline_worker using (true) with check (true)', t.name);
    if t.name = any (append_only) then
      execute format('grant select, insert on public.%I to throughline_web, throughline_worker', t.name);
      execute format('drop trigger if exists append_only on public.%I', t.name);
      execute format('create trigger append_only before update or delete on public.%I for each row execute function app.refuse_change()', t.name);
      execute format('drop trigger if exists append_only_all on public.%I', t.name);
      execute format('create trigger append_only_all before truncate on public.%I for each statement execute function app.refuse_change()', t.name);
    else
      execute format('grant select, insert, update, delete on public.%I to throughline_web, throughline_worker', t.name);
    end if;
    if t.has_engagement and t.name not in ('events', 'calendar_links', 'handovers') then
      condition := 'engagement_id = any ((select app.engagements())::uuid[])';
      if t.name = any (team_only) then
        condition := condition || ' and ((select app.is_staff()) or (select app.door()) = ''job'')';
      elsif t.has_audience then
        condition := condition || ' and (audience = ''shared'' or (select app.is_staff()))';
      elsif t.name = any (private_until_sent) then
        condition := condition || ' and (content_hash is not null or (select app.is_staff()) or (select app.door()) = ''job'')';
      end if;
      execute format('create policy own_engagements on public.%I to throughline_web using (%s) with check (%s)', t.name, condition, condition);
    end if;
  end loop;
end $$;

grant usage, select on all sequences in schema public to throughline_web, throughline_worker;

drop trigger if exists keep_published on criterion_versions;
create trigger keep_published before update or delete on criterion_versions for each row when (old.content_hash is not null) execute function app.keep_published();
drop trigger if exists keep_published on problem_statements;
create trigger keep_published before update or delete on problem_statements for each row when (old.content_hash is not null) execute function app.keep_published();

drop trigger if exists keep_ended on meetings;
create trigger keep_ended before update or delete on meetings for each row when (old.state <> 'planned') execute function app.keep_ended_meeting();
drop trigger if exists keep_ended on meeting_points;
create trigger keep_ended before insert or update or delete on meeting_points for each row execute function app.keep_ended_points();
drop trigger if exists keep_ended on meeting_attendees;
create trigger keep_ended before insert or update or delete on meeting_attendees for each row execute function app.keep_ended_points();

drop trigger if exists keep_sent on handovers;
create trigger keep_sent before update or delete on handovers for each row when (old.sent_at is not null) execute function app.keep_sent_handover();

create policy seen on engagements to throughline_web
  using (id = any ((select app.engagements())::uuid[]))
  with check (id = any ((select app.engagements())::uuid[]) or (created_by = (select app.person()) and (select app.is_staff())));
create policy seen on organisations for select to throughline_web using (id = any ((select app.organisations())::uuid[]) or (select app.door()) = 'auth');
create policy added_by_staff on organisations for insert to throughline_web
  with check ((select app.door()) = 'auth' or (kind = 'client' and (select app.is_staff())));
create policy seen on persons for select to throughline_web using (id = any ((select app.persons())::uuid[]) or (select app.door()) = 'auth');
create policy written_at_the_door on persons for insert to throughline_web with check ((select app.door()) = 'auth');
create policy changed_at_the_door on persons for update to throughline_web using ((select app.door()) = 'auth') with check ((select app.door()) = 'auth');
create policy seen on memberships for select to throughline_web using (person_id = any ((select app.persons())::uuid[]) or (select app.door()) = 'auth');
create policy written_at_the_door on memberships for insert to throughline_web with check ((select app.door()) = 'auth');
create policy at_the_door on credentials to throughline_web using ((select app.door()) = 'auth') with check ((select app.door()) = 'auth');
create policy own_or_door on sessions to throughline_web
  using (person_id = (select app.person()) or (select app.door()) = 'auth') with check ((select app.door()) = 'auth');
create policy own on form_requests to throughline_web
  using (person_id = (select app.person())) with check (person_id = (select app.person()));
create policy at_the_door on one_time_links to throughline_web using ((select app.door()) = 'auth') with check ((select app.door()) = 'auth');
-- A calendar's address is its owner's, and only while its engagement exists for them.
create policy own_or_door on calendar_links to throughline_web
  using ((person_id = (select app.person()) and engagement_id = any ((select app.engagements())::uuid[])) or (select app.door()) = 'auth')
  with check (person_id = (select app.person()) and engagement_id = any ((select app.engagements())::uuid[]));
-- A draft of the hand-over is the team's own until it is sent.
create policy own_engagements on handovers to throughline_web
  using (engagement_id = any ((select app.engagements())::uuid[]) and (sent_at is not null or (select app.is_staff())))
  with check (engagement_id = any ((select app.engagements())::uuid[]) and (select app.is_staff()));
create policy at_the_door on api_tokens to throughline_web using ((select app.door()) = 'auth') with check ((select app.door()) = 'auth');
create policy asked on mail_outbox for insert to throughline_web with check (true);
create policy read_by_admins on mail_outbox for select to throughline_web using ((select app.is_firm_admin()));
create policy own_chain on decision_heads to throughline_web
  using (organisation_id in (select client_organisation_id from engagements))
  with check (organisation_id in (select client_organisation_id from engagements));
create policy own_chain on decision_checkpoints for select to throughline_web
  using (organisation_id in (select client_organisation_id from engagements));
-- What tells of the team's own rows (tokens, jobs, hours, drafts of changes, refused deployments) is the team's own, too.
create policy seen on events for select to throughline_web
  using (
    (engagement_id = any ((select app.engagements())::uuid[])
      and (kind <> all (array['token.issued', 'token.revoked', 'job.requested', 'job.cancelled', 'job.ended', 'change.raised', 'handover.drafted',
                              'problem.drafted', 'criterion.drafted', 'criterion.changed',
                              'deployment.requested', 'deployment.gated', 'deployment.failed', 'deployment.scaled', 'work.logged',
                              'team_meeting.changed', 'schedule.changed', 'team_reuse.target'])
        or (select app.is_staff())))
    or (engagement_id is null and (select app.is_firm_admin()))
  );
create policy recorded on events for insert to throughline_web
  with check (engagement_id is null or engagement_id = any ((select app.engagements())::uuid[]));

-- The next number of a code such as MAM-2. Counts engagements the viewer may not see, so that codes never collide.
create or replace function app.next_code_number(initials text) returns integer language sql volatile security definer set search_path = public, pg_temp
  as $$
    select pg_advisory_xact_lock(hashtext('code:' || initials));
    select coalesce(max(substring(code from length(initials) + 2)::int), 0) + 1 from engagements where code ~ ('^' || initials || '-[0-9]+$')
  $$;
revoke all on function app.next_code_number(text) from public;
grant execute on function app.next_code_number(text) to throughline_web, throughline_worker;

-- How the whole instance does, for whoever runs it: counts, no word of what any engagement is about.
create or replace function app.operations() returns table (name text, labels jsonb, value float8, latencies text[])
  language sql stable security definer set search_path = public, pg_temp
  as $$
    with live as (select e.id, e.slug from endpoints e join deployments d on d.endpoint_id = e.id and d.state = 'live'),
    lately as (
      select l.slug, w.* from live l join inference_windows w on w.endpoint_id = l.id
      where w.starts_at > now() - interval '5 minutes'
    )
    select * from (
      select 'throughline_jobs', jsonb_build_object('state', s.state), count(j.id)::float8, null::text[]
        from (values ('queued'), ('running')) s(state) left join jobs j on j.state = s.state group by s.state
      union all select 'throughline_jobs_ended_day', jsonb_build_object('state', state), count(*), null
        from jobs where ended_at > now() - interval '1 day' group by state
      union all select 'throughline_job_oldest_queued_seconds', '{}', coalesce(extract(epoch from now() - min(requested_at)), 0), null
        from jobs where state = 'queued'
      union all select 'throughline_workers', '{}', count(*), null from workers where heartbeat_at > now() - interval '1 minute'
      union all select 'throughline_mail_waiting', '{}', count(*), null from mail_outbox where sent_at is null
      union all select 'throughline_endpoint_requests_5m', jsonb_build_object('endpoint', slug), sum(requests), null from lately group by slug
      union all select 'throughline_endpoint_rows_5m', jsonb_build_object('endpoint', slug), sum(rows), null from lately group by slug
      union all select 'throughline_endpoint_client_errors_5m', jsonb_build_object('endpoint', slug), sum(client_errors), null from lately group by slug
      union all select 'throughline_endpoint_server_errors_5m', jsonb_build_object('endpoint', slug), sum(server_errors), null from lately group by slug
      union all select 'throughline_endpoint_latency_seconds', jsonb_build_object('endpoint', slug), null, array_agg(latency) from lately group by slug
      union all select 'throughline_alerts_open', jsonb_build_object('endpoint', l.slug), count(a.id), null
        from live l left join alerts a on a.endpoint_id = l.id and a.state = 'open' group by l.slug
      union all select 'throughline_decisions', '{}', count(*), null from decision_records
      union all select 'throughline_stored_bytes', '{}', coalesce(sum(used_bytes), 0), null from storage_quotas
    ) all_of_it(name, labels, value, latencies)
    where app.door() = 'auth'
  $$;
revoke all on function app.operations() from public;
grant execute on function app.operations() to throughline_web;
