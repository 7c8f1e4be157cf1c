# Shell functions of the tests with a real carbon and graphite-web; sourced by them, after
# tests/lib.sh. Both work in $work/carbon.
# shellcheck shell=bash disable=SC2034,SC2154

PATH=$PATH:/usr/sbin:/sbin
need carbon-cache graphite-carbon
/usr/bin/python3 -c 'import whisper' 2>/dev/null || skip_all 'no whisper: install python3-whisper'

# write_carbon_conf ADDRESS PORT: carbon takes lines there, and ${carbon[@]} is what runs it.
write_carbon_conf() {
	carbon=(carbon-cache --config="$work/carbon/carbon.conf" --nodaemon start)
	query_port=$(free_port)
	pickle_port=$(free_port)
	# graphite-web reads a folder that is there when it starts, or never.
	mkdir -p "$work/carbon/lists" "$work/carbon/whisper"
	cat >"$work/carbon/carbon.conf" <<-END
		[cache]
		STORAGE_DIR = $work/carbon
		LOCAL_DATA_DIR = $work/carbon/whisper
		CONF_DIR = $work/carbon
		LOG_DIR = $work/carbon/log
		PID_DIR = $work/carbon
		USER =
		LINE_RECEIVER_INTERFACE = $1
		LINE_RECEIVER_PORT = $2
		PICKLE_RECEIVER_INTERFACE = 127.0.0.1
		PICKLE_RECEIVER_PORT = $pickle_port
		CACHE_QUERY_INTERFACE = 127.0.0.1
		CACHE_QUERY_PORT = $query_port
		MAX_CREATES_PER_MINUTE = inf
		MAX_UPDATES_PER_SECOND = inf
		WHISPER_AUTOFLUSH = True
		WHISPER_SPARSE_CREATE = True
		LOG_UPDATES = False
		LOG_CREATES = False
		CARBON_METRIC_INTERVAL = 0
		ENABLE_TAGS = False
	END
	printf '[all]\npattern = .*\nretentions = 1s:1h\n' >"$work/carbon/storage-schemas.conf"
}

# write_relay_conf PORT: after the above; carbon-relay takes lines there and hands them to carbon,
# and ${relay[@]} is what runs it.
write_relay_conf() {
	relay=(carbon-relay --config="$work/carbon/carbon.conf" --nodaemon start)
	cat >>"$work/carbon/carbon.conf" <<-END
		[relay]
		STORAGE_DIR = $work/carbon
		CONF_DIR = $work/carbon
		LOG_DIR = $work/carbon/log
		PID_DIR = $work/carbon
		USER =
		LINE_RECEIVER_INTERFACE = 127.0.0.1
		LINE_RECEIVER_PORT = $1
		PICKLE_RECEIVER_INTERFACE = 127.0.0.1
		PICKLE_RECEIVER_PORT = $(free_port)
		RELAY_METHOD = consistent-hashing
		DESTINATIONS = 127.0.0.1:$pickle_port:a
		CARBON_METRIC_INTERVAL = 0
	END
}

# start_graphite_web: its API at $graphite, once it answers.
start_graphite_web() {
	need graphite-manage graphite-web
	graphite=http://127.0.0.1:$(free_port)
	cat >"$work/carbon/private_settings.py" <<-END
		SECRET_KEY = 'of a test'
		ALLOWED_HOSTS = ['*']
		TIME_ZONE = 'UTC'
		LOG_ROTATION = False
		GRAPHITE_ROOT = '/usr/share/graphite-web'
		STATIC_ROOT = '/usr/share/graphite-web/static'
		CONF_DIR = '$work/carbon'
		STORAGE_DIR = '$work/carbon'
		WHISPER_DIR = '$work/carbon/whisper'
		LOG_DIR = '$work/carbon'
		INDEX_FILE = '$work/carbon/index'
		CARBONLINK_HOSTS = ['127.0.0.1:$query_port']
		DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '$work/carbon/db'}}
		FUNCTION_PLUGINS = []
	END
	export PYTHONPATH=$work/carbon GRAPHITE_SETTINGS_MODULE=private_settings PYTHONDONTWRITEBYTECODE=1
	graphite-manage migrate --run-syncdb --noinput >"$work/migrate.out" 2>&1
	start graphite-web graphite-manage runserver --noreload "${graphite#http://}"
	until_true 30 curl -sf "$graphite/metrics/find?query=*"
}
