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

drop function if exists app.log_metrics(text, text, text, text, text, bytea, text[], int, bytea, text[], text[], text[], text[], bigint[], bigint[], float8[]);

-- Log to a run that is open and the caller's own: parameters, points and tags, always in this order and by key, so that two
-- writers never wait for each other in a circle. Anything else is not done here: false, and nothing is written; where a
-- parameter would change, the error TL001, and nothing either.
create or replace function app.log_batch(
  person text, only_engagement text, door text, run text, job text, digest bytea, keys text[], total int, points bytea,
  latest_keys text[], dataset_names text[], dataset_digests text[], model_ids text[], steps bigint[], timestamps bigint[], latest_values float8[],
  param_keys text[], param_values text[], tag_keys text[], tag_values text[], new_name text
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
    if cardinality(param_keys) > 0 then
      insert into public.run_params (engagement_id, run_id, key, value)
        select r.engagement_id, run, g.k, g.v from unnest(param_keys, param_values) as g(k, v) order by g.k on conflict do nothing;
      if exists (
        select from unnest(param_keys, param_values) as g(k, v) join public.run_params p on p.run_id = run and p.key = g.k
        where p.value is distinct from g.v
      ) then
        raise exception 'a parameter would change' using errcode = 'TL001';
      end if;
    end if;
    if total > 0 then
      perform app.append_metrics(r.engagement_id, run, r.experiment_id, digest, keys, total, points,
        latest_keys, dataset_names, dataset_digests, model_ids, steps, timestamps, latest_values);
    end if;
    if cardinality(tag_keys) > 0 then
      insert into public.run_tags (engagement_id, run_id, key, value)
        select r.engagement_id, run, g.k, g.v from unnest(tag_keys, tag_values) as g(k, v) order by g.k
        on conflict (run_id, key) do update set value = excluded.value;
    end if;
    if new_name <> '' then
      update public.runs set name = new_name where id = run;
    end if;
    return true;
  end $$;

-- Start a run in an active experiment, which is named by its id, or by its name where the id is 0. Returns the experiment's
-- id. Null, and nothing is written, where there is no such experiment.
create or replace function app.start_run(
  person text, only_engagement text, door text, run text, experiment bigint, experiment_name text, run_name text, user_name text,
  start_time bigint, at timestamptz, tag_keys text[], tag_values text[]
) returns bigint language plpgsql volatile
  as $$
  declare
    found_id bigint;
  begin
    perform app.view_as(person, only_engagement, door);
    if experiment = 0 then
      select e.id into found_id from public.experiments e
        where e.engagement_id = only_engagement::uuid and e.name = experiment_name and e.lifecycle_stage = 'active';
    else
      select e.id into found_id from public.experiments e
        where e.engagement_id = only_engagement::uuid and e.id = experiment and e.lifecycle_stage = 'active';
    end if;
    if found_id is null then
      return null;
    end if;
    insert into public.runs (id, engagement_id, experiment_id, name, user_name, state, start_time, started_by, created_at)
      values (run, only_engagement::uuid, found_id, run_name, start_run.user_name, 'running', start_run.start_time, app.person(), at);
    insert into public.run_tags (engagement_id, run_id, key, value)
      select only_engagement::uuid, run, g.k, g.v from unnest(tag_keys, tag_values) as g(k, v);
    return found_id;
  end $$;

-- What is shown of a run beside itself. A list for each column, because making and reading pairs takes half as long again;
-- values as text, because JSON has no NaN.
create or replace function app.run_details(wanted text) returns table (metrics json, params json, tags json, inputs json, models json)
  language sql stable
  as $$
    select
      (select json_build_array(json_agg(m.key), json_agg(m.value::text), json_agg(m.step), json_agg(m.timestamp), json_agg(m.dataset_name),
        json_agg(m.dataset_digest), json_agg(m.model_id))
        from (select * from public.latest_metrics l where l.run_id = wanted order by l.key, l.step desc, l.timestamp desc, l.value desc) m),
      (select json_build_array(json_agg(p.key order by p.key), json_agg(p.value order by p.key)) from public.run_params p where p.run_id = wanted),
      (select json_build_array(json_agg(t.key order by t.key), json_agg(t.value order by t.key)) from public.run_tags t where t.run_id = wanted),
      (select json_agg(json_build_object('datasetVersionId', v.id, 'name', d.name, 'digest', v.digest, 'role', i.role,
        'context', i.context, 'tags', i.tags, 'sourceType', v.mlflow_source_type, 'source', v.mlflow_source, 'schema', v.mlflow_schema,
        'profile', v.mlflow_profile) order by d.name, i.role)
        from public.run_inputs i join public.dataset_versions v on v.id = i.dataset_version_id join public.datasets d on d.id = v.dataset_id
        where i.run_id = wanted),
      (select json_agg(json_build_object('modelId', l.model_id, 'direction', l.direction, 'step', l.step) order by l.model_id)
        from public.run_models l where l.run_id = wanted)
  $$;

-- A run of the viewer's engagement with its details; no row where there is none.
create or replace function app.read_run(person text, only_engagement text, door text, wanted text)
  returns table (run json, metrics json, params json, tags json, inputs json, models json) language plpgsql volatile
  as $$
  begin
    perform app.view_as(person, only_engagement, door);
    return query
      select json_build_object('id', r.id, 'engagementId', r.engagement_id, 'experimentId', r.experiment_id, 'name', r.name,
          'userName', r.user_name, 'state', r.state, 'lifecycleStage', r.lifecycle_stage, 'startTime', r.start_time, 'endTime', r.end_time,
          'endedAt', r.ended_at, 'jobId', r.job_id, 'isVerified', r.is_verified, 'importId', r.import_id, 'createdAt', r.created_at), d.*
      from public.runs r cross join lateral app.run_details(r.id) d
      where r.id = wanted and r.engagement_id = only_engagement::uuid;
  end $$;

grant execute on all functions in schema app to throughline_web, throughline_worker;
