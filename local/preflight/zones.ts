import {
  type AvailabilityZone,
  DescribeAvailabilityZonesCommand,
  DescribeVpcEndpointServicesCommand,
} from '@aws-sdk/client-ec2';
import { interfaceEndpoints } from '../../lib/network/network.ts';
import { zoneNames } from '../../lib/stage.ts';
import { type AwsStage, type Check, PreflightError } from './check.ts';

/**
 * Zones that CloudFront's VPC origins do not support.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 */
const WITHOUT_VPC_ORIGINS = ['use1-az3', 'usw1-az2', 'apne1-az3', 'cac1-az3'];

export const zones: Check = {
  what: 'availability zones',
  actions: ['ec2:DescribeAvailabilityZones'],
  run: async ({ ec2 }, stage) => {
    const wanted = zoneNames(stage.env.region, stage.aws.zones);
    const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    const faults = wanted.flatMap((name) => zoneFault(name, AvailabilityZones));
    const idOf = (name: string) => AvailabilityZones.find(({ ZoneName }) => ZoneName === name)?.ZoneId;
    if (faults.length > 0) {
      const usable = AvailabilityZones.map(({ ZoneName = '' }) => ZoneName).filter(
        (name) => zoneFault(name, AvailabilityZones).length === 0,
      );
      throw new PreflightError(
        `${faults.join('; ')}. The stage needs ${wanted.length} of the usable zones ${usable.join(', ') || '(none)'}. ` +
          'Change zoneNames in lib/stage.ts',
      );
    }
    return wanted.map((name) => `${name} (${idOf(name)})`).join(', ');
  },
};

function zoneFault(name: string, all: AvailabilityZone[]): string[] {
  const zone = all.find(({ ZoneName }) => ZoneName === name);
  if (!zone) return [`${name} does not exist in this account`];
  if (zone.State !== 'available') return [`${name} is ${zone.State}`];
  if (WITHOUT_VPC_ORIGINS.includes(zone.ZoneId ?? ''))
    return [`${name} is ${zone.ZoneId}, which CloudFront's VPC origins do not support`];
  return [];
}

/** The interface endpoints of a stage, by the service's name, with the zones that each is in. */
function wantedEndpoints({ aws, env }: AwsStage) {
  return interfaceEndpoints(aws).map(({ service, zones }) => ({
    name: `com.amazonaws.${env.region}.${service.shortName}`,
    zones: zoneNames(env.region, zones),
  }));
}

export const endpoints: Check = {
  what: 'VPC endpoints',
  actions: ['ec2:DescribeVpcEndpointServices'],
  run: async ({ ec2 }, stage) => {
    const wanted = wantedEndpoints(stage);
    const Filters = [
      { Name: 'service-name', Values: wanted.map(({ name }) => name) },
      { Name: 'service-type', Values: ['Interface'] },
    ];
    const { ServiceDetails = [] } = await ec2.send(new DescribeVpcEndpointServicesCommand({ Filters }));
    const faults = wanted.flatMap(({ name, zones }) => {
      const offered = ServiceDetails.find(({ ServiceName }) => ServiceName === name)?.AvailabilityZones;
      if (!offered) return [`${name} is not offered in ${stage.env.region}`];
      const missing = zones.filter((zone) => !offered.includes(zone));
      return missing.length > 0
        ? [`${name} is offered in ${offered.join(', ')} and needed in ${missing.join(', ')}`]
        : [];
    });
    if (faults.length > 0)
      throw new PreflightError(`${faults.join('; ')}. Change zoneNames in lib/stage.ts, or the region`);
    return `${wanted.length} services, each offered in the zones that it is placed in`;
  },
};
