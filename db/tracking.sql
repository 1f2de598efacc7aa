-- Functions of the tracking API's busiest calls: one round trip and one transaction each. They run with the caller's
-- rights, name the viewer themselves, and so stand under the same policies as any statement. Applied with security.sql.

create or replace function app.view_as(person text, engagement text, door text) returns void language sql volatile
  as $$ select set_config('app.person', person, true), set_config('app.engagement', engagement, true), set_config('app.door', door, true) $$;

-- Writers of a run share it; whoever ends, deletes or judges it has it alone, and so sees every point that was acknowledged.
create or replace function app.hold_run(run text, alone boolean) returns void language sql volatile
  as $$
    select case when alone then pg_advisory_xact_lock(hashtextextended('run:' || run, 0))
                else pg_advisory_xact_lock_shared(hashtextextended('run:' || run, 0)) end
  $$;

-- Append one request's points and move the latest values. The same request again changes nothing. `latest` holds one
-- point for each series, in the order of the keys, so that two writers never wait for each other in a circle.
create or replace function app.append_metrics(
  engagement uuid, run text, experiment bigint, digest bytea, keys text[], total int, points bytea,
  latest_keys text[], dataset_names text[], dataset_digests text[], model_ids text[], steps bigint[], timestamps bigint[], latest_values float8[]
) returns void language plpgsql volatile
  as $$
  begin
    insert into public.metric_log (engagement_id, run_id, request_digest, keys, count, points, logged_at)
      values (engagement, run, digest, keys, total, points, now()) on conflict do nothing;
    insert into public.latest_metrics as latest (engagement_id, run_id, experiment_id, key, dataset_name, dataset_digest, model_id, step, timestamp, value)
      select engagement, run, experiment, g.k, g.dn, g.dd, g.m, g.s, g.t, g.v
      from unnest(latest_keys, dataset_names, dataset_digests, model_ids, steps, timestamps, latest_values) as g(k, dn, dd, m, s, t, v)
      on conflict (run_id, key, dataset_name, dataset_digest, model_id) do update
        set step = excluded.step, timestamp = excluded.timestamp, value = excluded.value
        where (excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value);
  end $$;

-- Append points to a run that is open and the caller's own. Anything else is not done here: false, and nothing is written.
create or replace function app.log_metrics(
  person text, only_engagement text, door text, run text, job text, digest bytea, keys text[], total int, points bytea,
  latest_keys text[], dataset_names text[], dataset_digests text[], model_ids text[], steps bigint[], timestamps bigint[], latest_values float8[]
) returns boolean language plpgsql volatile
  as $$
  declare
    r record;
  begin
    perform app.view_as(person, only_engagement, door);
    perform app.hold_run(run, false);
    select engagement_id, experiment_id into r from public.runs
      where id = run and engagement_id = only_engagement::uuid and lifecycle_stage = 'active' and state in ('running', 'scheduled')
        and job_id is not distinct from nullif(job, '')::uuid and import_id is null;
    if not found then
      return false;
    end if;
    perform app.append_metrics(r.engagement_id, run, r.experiment_id, digest, keys, total, points,
      latest_keys, dataset_names, dataset_digests, model_ids, steps, timestamps, latest_values);
    return true;
  end $$;

grant execute on all functions in schema app to throughline_web, throughline_worker;
