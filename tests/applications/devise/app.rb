# The smallest Rails application with Devise: its own sessions, passwords and registrations.
#
# usage: app.rb prepare | app.rb serve PORT
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_mailer/railtie"
require "devise"
require "devise/orm/active_record"

ENV["DATABASE_URL"] = "sqlite3:#{ENV.fetch("STATE")}/db.sqlite3"
ActiveRecord::Base.establish_connection(ENV["DATABASE_URL"])

class Site < Rails::Application
  config.root = ENV.fetch("STATE")
  # Devise looks at the routes while Rails starts, so they are in a file, as Rails wants them.
  config.paths["config/routes.rb"] = [File.join(__dir__, "routes.rb")]
  config.eager_load = false
  config.consider_all_requests_local = true
  config.secret_key_base = "only for tests on loopback, and never for a site"
  config.hosts.clear
  config.action_mailer.delivery_method = :test
  config.action_mailer.default_url_options = { host: "127.0.0.1" }
  config.action_dispatch.default_headers.delete("X-Frame-Options")
  config.logger = ActiveSupport::Logger.new($stderr)
  config.log_level = :warn
end

Devise.setup do |config|
  config.secret_key = "only for tests on loopback"
  config.stretches = 1
  config.mailer_sender = "site@example.com"
end

class User < ActiveRecord::Base
  extend Devise::Models
  devise :database_authenticatable, :registerable, :recoverable, :rememberable, :validatable
end

class ApplicationController < ActionController::Base
  protect_from_forgery with: :exception
end

class PagesController < ApplicationController
  before_action :authenticate_user!

  def show
    render inline: "<!doctype html><title>Private</title><h1>Welcome, <%= current_user.email %></h1><%= button_to 'Log out', '/users/sign_out', method: :delete %>"
  end
end

# Each login that Devise checks, as Warden tells it.
Warden::Manager.after_authentication { |user| warn "login succeeded: #{user.email}" }
Warden::Manager.before_failure do |env, options|
  asked = env.fetch("action_dispatch.request.parameters", {})["user"]
  warn "login failed: #{asked["email"]}" if asked && options[:recall]
end

Site.initialize!

case ARGV[0]
when "prepare"
  ActiveRecord::Schema.define do
    create_table :users do |t|
      t.string :email, null: false, default: ""
      t.string :encrypted_password, null: false, default: ""
      t.string :reset_password_token
      t.datetime :reset_password_sent_at
      t.datetime :remember_created_at
      t.timestamps
    end
  end
  User.create!(email: "alice@example.com", password: ENV.fetch("PASSWORD"))
when "serve"
  require "puma"
  require "rack/handler/puma"
  Rack::Handler::Puma.run(Rails.application, Host: "127.0.0.1", Port: ARGV[1].to_i, Threads: "1:1", Silent: true)
end
