import type { Json } from '../assembly.ts';

/** Why the emulator cannot create resources of a type, and what stands in for their attributes in other resources. */
export interface LeftOut {
  reason: string;
  /** By attribute; `Ref` is the physical id. A reference to another attribute is an error. */
  standIns?: Record<string, string>;
}

const unsupported = (standIns?: Record<string, string>): LeftOut => ({
  reason: 'The emulator does not know the type, and refuses a template with it.',
  ...(standIns && { standIns }),
});

/** Resource types of the stages that go to AWS only. */
export const UNSUPPORTED_TYPES: Record<string, LeftOut> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': unsupported(),
  'AWS::ApplicationAutoScaling::ScalingPolicy': unsupported(),
  'AWS::Budgets::Budget': unsupported(),
  'AWS::CloudFront::VpcOrigin': unsupported({ Id: 'vo-standin' }),
  'AWS::CloudWatch::CompositeAlarm': unsupported(),
  'AWS::CodeDeploy::Application': unsupported({ Ref: 'application' }),
  'AWS::CodeDeploy::DeploymentGroup': unsupported({ Ref: 'group' }),
  'AWS::EC2::EgressOnlyInternetGateway': unsupported({ Id: 'eigw-00000000000000000' }),
  'AWS::EC2::FlowLog': unsupported(),
  'AWS::EC2::SecurityGroupEgress': unsupported(),
  'AWS::EC2::SecurityGroupIngress': unsupported(),
  'AWS::EC2::VPCCidrBlock': unsupported(),
  'AWS::FIS::ExperimentTemplate': unsupported(),
  'AWS::Logs::Delivery': unsupported(),
  'AWS::Logs::DeliveryDestination': unsupported(),
  'AWS::Logs::DeliverySource': unsupported(),
  'AWS::RDS::DBProxy': unsupported({
    DBProxyArn: 'arn:aws:rds:eu-central-1:111122223333:db-proxy:prx-00000000000000000',
    Endpoint: 'proxy.example.eu-central-1.rds.amazonaws.com',
  }),
  'AWS::RDS::DBProxyEndpoint': unsupported({ Endpoint: 'reader.proxy.example.eu-central-1.rds.amazonaws.com' }),
  'AWS::RDS::DBProxyTargetGroup': unsupported(),
  'AWS::Route53::HealthCheck': unsupported({ HealthCheckId: '00000000-0000-0000-0000-000000000000' }),
  'AWS::WAFv2::LoggingConfiguration': unsupported(),
  'AWS::WAFv2::WebACLAssociation': unsupported(),
};

/** The custom resource that runs the migrations. */
export const MIGRATION = 'Custom::Trigger';

/** Custom resources whose functions need what the emulator does not have. */
export const CUSTOM_RESOURCES: Record<string, LeftOut> = {
  'Custom::CDKBucketDeployment': {
    reason: 'Its function runs the AWS CLI of a layer, and does not end in the emulator.',
  },
  'Custom::EndpointAddress': {
    reason: "Its function takes EC2's SDK from Lambda's runtime, and the emulator's runtime has no SDK.",
    standIns: { 'NetworkInterfaces.0.PrivateIpAddress': '10.0.0.10' },
  },
  'Custom::PrefixListId': { reason: "Its function takes EC2's SDK from Lambda's runtime, too." },
  'Custom::S3AutoDeleteObjects': {
    reason: "Its function takes S3's SDK from Lambda's runtime. Without it, the stack never ends.",
  },
  [MIGRATION]: { reason: 'It runs the migrations, which need the database.' },
};

/** Attributes that the emulator does not return for a type that it supports. The resources themselves are created. */
export const UNSUPPORTED_ATTRIBUTES: Record<string, (properties: Json) => Record<string, string | string[]>> = {
  'AWS::EC2::VPC': () => ({ Ipv6CidrBlocks: ['2001:db8:0:ff00::/56'] }),
  'AWS::SES::EmailIdentity': ({ EmailIdentity }) =>
    Object.fromEntries(
      [1, 2, 3].flatMap((n) => [
        [`DkimDNSTokenName${n}`, `token${n}._domainkey.${EmailIdentity}`],
        [`DkimDNSTokenValue${n}`, `token${n}.dkim.amazonses.com`],
      ]),
    ),
};

/** Properties with which the emulator refuses a type that it supports. @returns properties that it accepts */
export const UNSUPPORTED_PROPERTIES: Record<string, (properties: Json) => Json> = {
  // Metric math. The alarm watches the first of its metrics alone.
  'AWS::CloudWatch::Alarm': ({ Metrics, ...properties }) => {
    if (!Metrics) return properties;
    const { Metric, Period, Stat } = Metrics.find((each: Json) => each.MetricStat).MetricStat;
    return { ...properties, ...Metric, Period, Statistic: /^p/.test(Stat) ? 'Average' : Stat };
  },
};

export interface StackTemplate {
  Resources: Record<string, { Type: string; DependsOn?: string | string[]; [section: string]: Json }>;
  Outputs?: Record<string, Json>;
  [section: string]: Json;
}

/** The stand-in for an attribute of a resource, or undefined if the emulator knows the attribute. */
type StandIn = (attribute: string) => string | string[] | undefined;

/**
 * @param known types that stay as they are although they are listed
 * @returns the template without the listed types, with stand-ins for the references to them
 */
export function fitTemplate(template: StackTemplate, known: readonly string[] = []): StackTemplate {
  const leftOutType = (type: string): LeftOut | undefined =>
    known.includes(type) ? undefined : (UNSUPPORTED_TYPES[type] ?? CUSTOM_RESOURCES[type]);
  const standIns = new Map<string, StandIn>();
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    const entry = leftOutType(Type);
    const attributes = known.includes(Type) ? {} : UNSUPPORTED_ATTRIBUTES[Type]?.(Properties);
    standIns.set(id, entry ? standInsOf(entry, id) : (attribute) => attributes?.[attribute]);
  }
  const isKept = (id: string) => leftOutType(template.Resources[id]?.Type ?? '') === undefined;
  const resources = Object.entries(template.Resources)
    .filter(([id]) => isKept(id))
    .map(([id, { DependsOn = [], ...resource }]) => {
      const dependencies = [DependsOn].flat().filter(isKept);
      const rewrite = known.includes(resource.Type) ? undefined : UNSUPPORTED_PROPERTIES[resource.Type];
      const accepted = rewrite?.(resource.Properties) ?? resource.Properties;
      const fitted = withStandIns({ ...resource, ...(accepted && { Properties: accepted }) }, standIns);
      return [id, { ...fitted, ...(dependencies.length > 0 && { DependsOn: dependencies }) }];
    });
  const { Resources: _, ...sections } = template;
  return { ...withStandIns(sections, standIns), Resources: Object.fromEntries(resources) };
}

function withStandIns(value: Json, standIns: Map<string, StandIn>): Json {
  if (Array.isArray(value)) return value.map((each) => withStandIns(each, standIns));
  if (value === null || typeof value !== 'object') return value;
  const [id, attribute] = 'Ref' in value ? [value.Ref, 'Ref'] : (value['Fn::GetAtt'] ?? []);
  const standIn = standIns.get(id)?.(attribute);
  if (standIn !== undefined) return standIn;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withStandIns(each, standIns)]));
}

const standInsOf =
  ({ standIns }: LeftOut, id: string): StandIn =>
  (attribute) => {
    const standIn = standIns?.[attribute];
    if (standIn === undefined) throw new Error(`${id} is left out, and its attribute ${attribute} has no stand-in.`);
    return standIn;
  };
