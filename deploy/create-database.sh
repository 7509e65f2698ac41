#!/bin/sh
# Runs once, when the database's volume is new: the role (no superuser) and the database that the centre uses.
set -eu

psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --set=password="$IOC_DATABASE_PASSWORD" --username=postgres <<'SQL'
CREATE ROLE ioc LOGIN CREATEROLE CREATEDB PASSWORD :'password';
GRANT pg_monitor, pg_signal_backend TO ioc;
CREATE DATABASE ioc OWNER ioc;
SQL
